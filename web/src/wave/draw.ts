/// The one drawing of a waveform: RMS inside peak, mirrored bars with round ends; what was played is in the accent.
import type { Peaks } from "./peaks";

export interface Colours {
  peak: string;
  core: string;
  restPeak: string;
  restCore: string;
}

/** The colours of the theme as it is now. */
export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return { peak: read("--wave"), core: read("--wave-core"), restPeak: read("--wave-rest"), restCore: read("--wave-rest-core") };
}

export interface Window {
  /** Seconds at the left and the right edge. */
  from: number;
  to: number;
  /** Seconds up to which it was played. */
  played: number;
}

/** Draw into a context whose size is `width` × `height` pixels of the screen; `ratio` of them make one of CSS. */
export function drawWave(pen: CanvasRenderingContext2D, peaks: Peaks, view: Window, colours: Colours, ratio: number): void {
  const { width, height } = pen.canvas;
  pen.clearRect(0, 0, width, height);
  const step = Math.max(2, Math.round(3 * ratio));
  const bar = Math.max(1, Math.round(2 * ratio));
  const middle = height / 2;
  const count = peaks.data.length / 3;
  const each = (view.to - view.from) / (width / step);
  for (let x = 0, i = 0; x < width; x += step, i++) {
    const begin = view.from + i * each;
    const first = Math.max(0, Math.floor(begin * peaks.rate));
    const last = Math.min(count - 1, Math.max(first, Math.ceil((begin + each) * peaks.rate) - 1));
    if (first >= count) break;
    let peak = 0;
    let power = 0;
    for (let at = first; at <= last; at++) {
      peak = Math.max(peak, -peaks.data[at * 3]!, peaks.data[at * 3 + 1]!);
      power += peaks.data[at * 3 + 2]! ** 2;
    }
    const rms = Math.sqrt(power / (last - first + 1));
    const heard = begin < view.played;
    bars(pen, x, bar, middle, Math.max(ratio, (peak / 127) * (middle - 1)), heard ? colours.peak : colours.restPeak);
    bars(pen, x, bar, middle, Math.max(ratio / 2, (rms / 127) * (middle - 1)), heard ? colours.core : colours.restCore);
  }
}

function bars(pen: CanvasRenderingContext2D, x: number, width: number, middle: number, half: number, colour: string): void {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.roundRect(x, middle - half, width, half * 2, width / 2);
  pen.fill();
}
