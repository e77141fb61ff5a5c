/// A waveform, the same everywhere: in rows, in the player, in empty states. Larger ones that are worked on are `WaveEditor`.
import { useEffect, useRef, useState } from "preact/hooks";
import { theme } from "../state/theme";
import { type Colours, coloursOf, drawWave } from "./draw";
import { chooseLevel, loadPeaks, type Peaks } from "./peaks";

interface Properties {
  /** Where its peaks are: `/v1/takes/ID/peaks`. */
  peaks: string;
  seconds: number;
  height: number;
  /** Seconds up to which it was played; all of it where absent. */
  played?: number;
  /** Stretch that is repeated. */
  loop?: { start: number; end: number } | null;
  /** Beats of the grid: seconds of a bar. */
  bar?: number | null;
  label: string;
  onSeek?: (seconds: number) => void;
}

/** What the pixels of an element are, watched. */
function useWidth<T extends Element>(): [{ current: T | null }, number] {
  const ref = useRef<T>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.round(entry!.contentRect.width)));
    watch.observe(ref.current!);
    return () => watch.disconnect();
  }, []);
  return [ref, width];
}

export function Waveform(given: Properties) {
  const { seconds, height } = given;
  const [ref, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [peaks, setPeaks] = useState<Peaks | null>(null);
  useEffect(() => {
    if (!width || !given.peaks) return;
    let gone = false;
    loadPeaks(given.peaks, chooseLevel(seconds, width), seconds).then(
      (found) => gone || setPeaks(found),
      () => undefined,
    );
    return () => void (gone = true);
  }, [given.peaks, seconds, width > 0 && chooseLevel(seconds, width)]);
  const colours = useRef<Colours | null>(null);
  useEffect(() => {
    const drawn = canvas.current;
    if (!drawn || !peaks || !width) return;
    const ratio = window.devicePixelRatio || 1;
    drawn.width = Math.round(width * ratio);
    drawn.height = Math.round(height * ratio);
    colours.current = coloursOf(drawn);
    drawWave(drawn.getContext("2d")!, peaks, { from: 0, to: seconds, played: given.played ?? seconds }, colours.current, ratio);
  }, [peaks, width, height, seconds, theme.value, pixel(given.played, seconds, width)]);
  const at = (event: MouseEvent): number => {
    const box = ref.current!.getBoundingClientRect();
    return Math.min(seconds, Math.max(0, ((event.clientX - box.left) / box.width) * seconds));
  };
  return (
    <div
      class="wave" ref={ref} style={{ height: `${height}px`, cursor: given.onSeek ? "pointer" : "inherit" }} role="img" aria-label={given.label}
      onClick={given.onSeek ? (event) => given.onSeek!(at(event)) : undefined}
    >
      <canvas ref={canvas} aria-hidden="true" />
      {given.loop && (
        <i class="loop" style={{ left: `${(given.loop.start / seconds) * 100}%`, width: `${((given.loop.end - given.loop.start) / seconds) * 100}%` }} />
      )}
      {given.bar && given.bar > 0 && <Bars bar={given.bar} seconds={seconds} width={width} />}
    </div>
  );
}

/** Lines at bars, every fourth or sixteenth where they would stand too close. */
export function Bars(given: { bar: number; seconds: number; width: number }) {
  const pixels = (given.bar / given.seconds) * given.width;
  const every = pixels >= 12 ? 1 : pixels >= 3 ? 4 : 16;
  const count = given.width ? Math.floor(given.seconds / (given.bar * every)) : 0;
  return (
    <>
      {Array.from({ length: count }, (_, i) => (
        <i key={i} class="bar-line" style={{ left: `${(((i + 1) * given.bar * every) / given.seconds) * 100}%` }} />
      ))}
    </>
  );
}

/** Drawn anew only when another pixel was played. */
function pixel(played: number | undefined, seconds: number, width: number): number {
  return played === undefined ? -1 : Math.floor((played / seconds) * width / 3);
}
