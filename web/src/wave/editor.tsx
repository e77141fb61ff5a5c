/// A large waveform that is worked on, by wavesurfer.js: zoom, bars, and one region with handles that the keyboard moves too.
import { useEffect, useRef } from "preact/hooks";
import type WaveSurfer from "wavesurfer.js";
import type { Region } from "wavesurfer.js/dist/plugins/regions.js";
import { type Mark, placeOf } from "../ears/marks";
import * as engine from "../player/engine";
import { theme } from "../state/theme";
import { clock, words } from "../strings";
import { loadPeaks, type Peaks } from "./peaks";

export interface Stretch {
  start: number;
  end: number;
}
interface Properties {
  sound: engine.Sound;
  region: Stretch | null;
  onRegion: (region: Stretch | null) => void;
  /** Pixels a second; 0 fits the whole. */
  zoom: number;
  /** Places to show, such as defects. */
  marks?: readonly Mark[];
}
export const HEIGHT = 176;
const w = words.take;

/** Peak and RMS, 0 to 1, as wavesurfer takes channels. */
function channelsOf(peaks: Peaks): [number[], number[]] {
  const count = peaks.data.length / 3;
  const at = (i: number, k: number): number => peaks.data[i * 3 + k]! / 127;
  return [
    Array.from({ length: count }, (_, i) => Math.max(-at(i, 0), at(i, 1))),
    Array.from({ length: count }, (_, i) => at(i, 2)),
  ];
}

/** The one drawing, in tones of alpha: wavesurfer colours what was played. */
function render([peak, rms]: readonly (Float32Array | number[])[], pen: CanvasRenderingContext2D): void {
  const ratio = window.devicePixelRatio || 1;
  const { width, height } = pen.canvas;
  const step = Math.max(2, Math.round(3 * ratio));
  const bar = Math.max(1, Math.round(2 * ratio));
  const count = peak!.length;
  for (let x = 0; x < width; x += step) {
    const first = Math.floor((x / width) * count);
    const last = Math.max(first + 1, Math.floor(((x + step) / width) * count));
    let high = 0;
    let power = 0;
    for (let i = first; i < last && i < count; i++) {
      high = Math.max(high, peak![i]!);
      power += rms![i]! ** 2;
    }
    for (const [size, alpha] of [[high, 0.5], [Math.sqrt(power / (last - first)), 1]] as const) {
      const half = Math.max(ratio / 2, size * (height / 2 - 1));
      pen.globalAlpha = alpha;
      pen.beginPath();
      pen.roundRect(x, height / 2 - half, bar, half * 2, bar / 2);
      pen.fill();
    }
  }
  pen.globalAlpha = 1;
}

export function WaveEditor({ sound, region, onRegion, zoom, marks = [] }: Properties) {
  const box = useRef<HTMLDivElement>(null);
  const held = useRef<{ wave: WaveSurfer; layer: HTMLElement; drawn: Region | null; addRegion: (stretch: Stretch) => Region; clear: () => void } | null>(null);
  const tell = useRef(onRegion);
  tell.current = onRegion;
  const wanted = useRef(region);
  wanted.current = region;
  const shownMarks = useRef(marks);
  shownMarks.current = marks;

  useEffect(() => {
    let gone = false;
    let made: WaveSurfer | null = null;
    void (async () => {
      const [{ default: Wave }, { default: Regions }, peaks] = await Promise.all([
        import("wavesurfer.js"), import("wavesurfer.js/dist/plugins/regions.js"), loadPeaks(sound.peaks, "fine", sound.seconds),
      ]);
      if (gone || !box.current) return;
      const read = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
      const regions = Regions.create();
      const wave = Wave.create({
        container: box.current, height: HEIGHT, peaks: channelsOf(peaks), duration: sound.seconds, interact: true, dragToSeek: false, normalize: false,
        waveColor: read("--wave-rest-core"), progressColor: read("--wave-core"), cursorColor: read("--text"), cursorWidth: 1, renderFunction: render,
        cspNonce: document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? "", plugins: [regions],
      });
      made = wave;
      const color = read("--accent-wash");
      regions.enableDragSelection({ color, minLength: 0.1 });
      const label = (one: Region): void => handles(one, sound, (stretch) => tell.current(stretch));
      regions.on("region-created", (one) => {
        for (const other of regions.getRegions()) if (other !== one) other.remove();
        if (held.current) held.current.drawn = one;
        label(one);
        tell.current({ start: one.start, end: one.end });
      });
      regions.on("region-updated", (one) => (label(one), tell.current({ start: one.start, end: one.end })));
      wave.on("interaction", (at) => {
        if (engine.sound.value?.key === sound.key) engine.seek(at);
        else void engine.play(sound, at);
      });
      const layer = document.createElement("div");
      layer.setAttribute("aria-hidden", "true");
      wave.getWrapper().append(layer);
      held.current = { wave, layer, drawn: null, addRegion: (stretch) => regions.addRegion({ ...stretch, color, minLength: 0.1 }), clear: () => regions.clearRegions() };
      wave.on("ready", () => show(wanted.current));
      drawMarks(layer, shownMarks.current, sound.seconds);
    })();
    return () => {
      gone = true;
      held.current = null;
      made?.destroy();
    };
  }, [sound.key, theme.value]);

  useEffect(() => {
    if (held.current) drawMarks(held.current.layer, marks, sound.seconds);
  }, [marks]);
  const show = (stretch: Stretch | null): void => {
    const now = held.current;
    if (!now || !now.wave.getDuration()) return;
    if (!stretch) {
      now.clear();
      now.drawn = null;
    } else if (!now.drawn || now.drawn.isRemoved) now.drawn = now.addRegion(stretch);
    else if (now.drawn.start !== stretch.start || now.drawn.end !== stretch.end) place(now.drawn, stretch, sound, (stretch) => tell.current(stretch));
  };
  useEffect(() => show(region), [region?.start, region?.end]);
  useEffect(() => {
    const wave = held.current?.wave;
    if (wave && wave.getDuration()) wave.zoom(zoom);
  }, [zoom]);
  const mine = engine.sound.value?.key === sound.key;
  const at = mine ? engine.position.value : 0;
  useEffect(() => held.current?.wave.setTime(at), [at]);
  return <div class="wave-editor" ref={box} style={{ height: `${HEIGHT}px` }} role="group" aria-label={words.player.waveform(sound.title)} />;
}

/** Put marks over the waveform; inside of it, so that they are zoomed and scrolled with it. */
function drawMarks(layer: HTMLElement, marks: readonly Mark[], seconds: number): void {
  layer.replaceChildren(...marks.map((mark) => {
    const drawn = document.createElement("div");
    drawn.setAttribute("part", ["mark", mark.tone, mark.on ? "on" : ""].join(" ").trim());
    Object.assign(drawn.style, placeOf(mark, seconds), { position: "absolute", top: "0", bottom: "0", pointerEvents: "none" });
    return drawn;
  }));
}

/** Move a region, and its sliders with it. */
function place(region: Region, stretch: Stretch, sound: engine.Sound, tell: (stretch: Stretch) => void): void {
  region.setOptions(stretch);
  handles(region, sound, tell);
}

/** Make the ends of a region sliders that the keyboard moves: by 10 ms, with Shift by a beat. */
function handles(region: Region, sound: engine.Sound, tell: (stretch: Stretch) => void): void {
  const beat = sound.bar ? sound.bar / 4 : 0.5;
  for (const side of ["start", "end"] as const) {
    const handle = region.element?.querySelector<HTMLElement>(`[part*="region-handle-${side === "start" ? "left" : "right"}"]`);
    if (!handle) continue;
    handle.tabIndex = 0;
    handle.setAttribute("role", "slider");
    handle.setAttribute("aria-label", side === "start" ? w.regionStart : w.regionEnd);
    handle.setAttribute("aria-valuemin", "0");
    handle.setAttribute("aria-valuemax", sound.seconds.toFixed(2));
    handle.setAttribute("aria-valuenow", region[side].toFixed(2));
    handle.setAttribute("aria-valuetext", clock(region[side], 2));
    handle.onkeydown = (event) => {
      const sign = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!sign) return;
      event.preventDefault();
      event.stopPropagation();
      const moved = { start: region.start, end: region.end };
      moved[side] += sign * (event.shiftKey ? beat : 0.01);
      const kept = keepInside(moved, sound.seconds);
      place(region, kept, sound, tell); // at once: the next press of a held key counts from here, however late the page is drawn
      tell(kept);
    };
  }
}

/** A region inside the sound, a tenth of a second long at least. */
export function keepInside({ start, end }: Stretch, seconds: number): Stretch {
  const from = Math.min(Math.max(0, start), Math.max(0, seconds - 0.1));
  const to = Math.min(seconds, Math.max(end, from + 0.1));
  return { start: Math.round(from * 1000) / 1000, end: Math.round(to * 1000) / 1000 };
}
