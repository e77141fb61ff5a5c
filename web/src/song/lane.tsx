/// Over and under a waveform: where sections begin, and which chord sounds in each bar. Only for songs of one tempo: for others
/// the lead sheet tells both.
import { useEffect, useRef, useState } from "preact/hooks";
import { said } from "../strings/song";
import type { Chart } from "./chart";

type Place = Record<"left" | "width", string>;
export interface Laid {
  chart: Chart;
  /** Seconds before the first bar. */
  first: number;
  /** Seconds of the whole sound. */
  seconds: number;
}
/** Pixels that the name of a chord needs. */
const ROOM = 40;

const barOf = (chart: Chart): number => (60 / chart.bpm!) * chart.meter;

/** Where bars stand; null where they begin after the end. */
function placeOf({ chart, first, seconds }: Laid, bar: number, bars: number): Place | null {
  const start = first + bar * barOf(chart);
  const end = Math.min(seconds, start + bars * barOf(chart));
  return end <= start ? null : { left: `${(100 * start) / seconds}%`, width: `${(100 * (end - start)) / seconds}%` };
}

/** The names of sections over the waveform. The lead sheet lists them for screen readers. */
export function SectionLane({ laid, hidden }: { laid: Laid; hidden: boolean }) {
  if (!laid.chart.bpm || laid.chart.tempi) return null;
  return (
    <div class={`lane sections${hidden ? " off" : ""}`} aria-hidden="true">
      {laid.chart.sections.map((one) => {
        const place = placeOf(laid, one.first_bar - 1, one.bars);
        return place && <span key={one.first_bar} class={one.kind} style={place} title={`${one.name}, ${said.bars(one.bars, one.first_bar)}`}>{one.name}</span>;
      })}
    </div>
  );
}

/** The chord of each bar under the waveform; of every second, fourth or eighth where there is no room. */
export function ChordLane({ laid, origin, hidden }: { laid: Laid; origin: string; hidden: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(entry!.contentRect.width));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  const { chart } = laid;
  const bars = chart.sections.flatMap((one) => one.chart.map((bar, at) => ({ at: one.first_bar - 1 + at, bar })));
  const pixels = chart.bpm ? (width * barOf(chart)) / laid.seconds : 0;
  const every = pixels ? 2 ** Math.max(0, Math.ceil(Math.log2(ROOM / pixels))) : 1;
  return (
    <div class={`lane chords ${origin}${hidden ? " off" : ""}`} ref={box} aria-hidden="true" title={said.take.chords(said.take.origins[origin] ?? origin)}>
      {chart.bpm && !chart.tempi && bars.filter(({ at }) => at % every === 0).map(({ at, bar }) => {
        const place = placeOf(laid, at, every);
        const shown = every > 1 ? bar.slice(0, 1) : bar;
        return place && <span key={at} style={place}>{shown.map((one, k) => <i key={k} style={{ flexGrow: one.beats }}>{one.chord}</i>)}</span>;
      })}
    </div>
  );
}
