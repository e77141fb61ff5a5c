/// Peaks of sounds from the server: three signed bytes each (lowest, highest, RMS; 127 is full scale), kept for this visit.
import { fetchFrom } from "../api/client";

export interface Peaks {
  seconds: number;
  /** Peaks a second. */
  rate: number;
  data: Int8Array;
}
export type Level = "fine" | "middle" | "coarse";
const RATES: Record<Level, number> = { fine: 100, middle: 10, coarse: 1 };
const MOST_KEPT = 300;
const kept = new Map<string, Promise<Peaks>>();

/** The level whose peaks are at least as many as pixels, or the finest. */
export function chooseLevel(seconds: number, pixels: number): Level {
  return seconds * RATES.coarse >= pixels ? "coarse" : seconds * RATES.middle >= pixels ? "middle" : "fine";
}

/** The peaks at `from` (`/v1/takes/ID/peaks`), at a level. */
export function loadPeaks(from: string, level: Level, seconds: number): Promise<Peaks> {
  const key = `${from}/${level}`;
  const found = kept.get(key);
  if (found) return found;
  const loading = fetchFrom(key)
    .then((answer) => answer.arrayBuffer())
    .then((buffer) => ({ seconds, rate: RATES[level], data: new Int8Array(buffer) }));
  kept.set(key, loading);
  loading.catch(() => kept.delete(key));
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  return loading;
}
