/// Two or three sounds at one clock, of which one is heard: keys 1, 2 and X switch, and what was heard of each is counted.
import { useEffect, useRef, useState } from "preact/hooks";
import { fetchFrom } from "../api/client";
import { useFocusKept } from "../parts/focus";
import { Icon } from "../parts/icons";
import * as engine from "../player/engine";
import { useKeys } from "../state/keys";
import { said } from "../strings/listen";
import "./listening.css";

const KEYS: Record<engine.Slot, string> = { a: "1", b: "2", x: "x" };
/** Seconds between two looks at the clock that are no jump of it. */
const LOOK = 0.5;

export type Sides = Partial<Record<engine.Slot, engine.Sound>>;

/** Bring the bytes of sounds, so that they play at once when they are asked for. */
export function bringAhead(sides: Sides): void {
  for (const one of Object.values(sides)) fetchFrom(one.url).catch(() => undefined);
}

interface Properties {
  sides: Sides;
  /** Seconds of each that are to be heard. */
  need: number;
  /** Told when enough of each was heard. */
  onHeard: () => void;
}

export function HearSides({ sides, need, onHeard }: Properties) {
  const slots = (Object.keys(KEYS) as engine.Slot[]).filter((slot) => sides[slot]);
  const [heard, setHeard] = useState<Partial<Record<engine.Slot, number>>>({});
  const first = useFocusKept<HTMLButtonElement>();
  const last = useRef<{ key: string; at: number } | null>(null);
  const areMine = (): boolean => slots.every((slot) => engine.slots.value[slot]?.key === sides[slot]!.key);
  const slot = engine.active.value;
  const at = engine.position.value;
  const playing = areMine() && engine.playing.value;
  useEffect(() => {
    const before = last.current;
    last.current = playing ? { key: slot, at } : null;
    const gone = before && playing && before.key === slot ? at - before.at : 0;
    if (gone > 0 && gone < LOOK) setHeard((old) => ({ ...old, [slot]: (old[slot] ?? 0) + gone }));
  }, [playing, slot, at]);
  const enough = (one: engine.Slot): boolean => (heard[one] ?? 0) >= Math.min(need, sides[one]!.seconds - 0.3);
  const all = slots.every(enough);
  useEffect(() => {
    if (all) onHeard();
  }, [all]);
  useEffect(() => void (engine.queue.value = []), []);
  // Two keys may come before the next picture: what sounds now is asked of the engine, not of the last picture.
  const hear = (one: engine.Slot): void => {
    if (!areMine()) return void engine.playTogether({ a: null, b: null, x: null, ...sides }, one);
    if (engine.active.value === one) return engine.toggle(sides[one]!);
    engine.swap(one);
    if (!engine.playing.value) void engine.resume();
  };
  useKeys(slots.map((one) => ({ key: KEYS[one], says: said.hear(one.toUpperCase()), run: () => hear(one) })));
  return (
    <div class={`sides of-${slots.length}`}>
      {slots.map((one, i) => {
        const heardNow = playing && slot === one;
        return (
          <button key={one} ref={i ? undefined : first} type="button" class="button big" aria-pressed={heardNow} onClick={() => hear(one)}>
            <Icon name={heardNow ? "pause" : "play"} />
            <span class="hidden">{heardNow ? said.stop(one.toUpperCase()) : said.hear(one.toUpperCase())}</span>
            <span aria-hidden="true">{one.toUpperCase()}</span>
            {enough(one) ? <span class="small faint">{said.heard}</span> : <kbd class="not-phone" aria-hidden="true">{KEYS[one].toUpperCase()}</kbd>}
          </button>
        );
      })}
    </div>
  );
}
