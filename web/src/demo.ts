/// The take that a first visit hears; `web/make_demo.py` makes it and says these facts.
import type { Sound } from "./player/engine";

export const DEMO: Sound & { bpm: number; key_: string } = {
  key: "demo",
  title: "lofi house, groovy, rhodes, bass guitar, 909 drums",
  url: "/static/demo/audio.mp3",
  peaks: "/static/demo",
  seconds: 16.41026,
  lufs: -18.3,
  bar: (4 * 60) / 117,
  bpm: 117,
  key_: "A major",
  place: "/make",
};
