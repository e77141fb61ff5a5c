/// The walk from noise to music, as `model/sampling` walks it: rectified flow, `x_t = (1-t)·x0 + t·noise`, t from 1 to 0; Euler's
/// steps, adaptive projected guidance (Sadat et al. 2024). Arrays are `(frames, width)`, one row after the other.
import type { Metas } from "./prompt";

const MOMENTUM = -0.75;
const MOST_NORM = 2.5;
const TINY = 1e-12;

/// Noise levels from 1 downwards, without the final 0; `shift` bends an even schedule.
export function schedule(steps: number, shift: number): number[] {
  return Array.from({ length: steps }, (_, i) => {
    const t = 1 - i / steps;
    return (shift * t) / (shift * t + (1 - t));
  });
}

export function step(x: Float32Array, velocity: Float32Array, t: number, following: number): void {
  for (let i = 0; i < x.length; i++) x[i] = x[i]! + (following - t) * velocity[i]!;
}

/// Adaptive projected guidance. Holds the running average of the differences that the prompt makes.
export class Guidance {
  private average: Float32Array | null = null;

  constructor(
    private readonly strength: number,
    private readonly width: number,
  ) {}

  /// The guided velocity, in the place of the conditional one.
  steer(conditional: Float32Array, unconditional: Float32Array): Float32Array {
    const before = this.average;
    const average = (this.average = conditional.map(
      (value, i) => value - unconditional[i]! + (before === null ? 0 : MOMENTUM * before[i]!),
    ));
    for (let channel = 0; channel < this.width; channel++) this.project(conditional, average, channel);
    return conditional;
  }

  /// One channel, over time: the average capped, and what of it lies across the conditional prediction added.
  private project(conditional: Float32Array, average: Float32Array, channel: number): void {
    let long = 0;
    let wide = 0;
    let along = 0;
    for (let i = channel; i < average.length; i += this.width) {
      long += average[i]! ** 2;
      wide += conditional[i]! ** 2;
      along += average[i]! * conditional[i]!;
    }
    const cap = Math.min(1, MOST_NORM / Math.sqrt(long));
    const share = (cap * along) / Math.max(Math.sqrt(wide), TINY) ** 2;
    for (let i = channel; i < average.length; i += this.width) {
      const across = cap * average[i]! - share * conditional[i]!;
      conditional[i] = conditional[i]! + (this.strength - 1) * across;
    }
  }
}

/// What a metronome is made of (`model/sampling/metronome.py`).
export interface Turns {
  divisions: number[];
  /// How many channels carry it, where that is not all of them.
  channels?: number;
}

/// Where bars and beats fall, added to silence `(frames, width)`; nothing without a tempo. The form is left open.
export function addMetronome(silence: Float32Array, width: number, rate: number, metas: Metas, turns: Turns): void {
  const { bpm, meter } = metas;
  if (bpm === null) return;
  const signals = 2 * (1 + turns.divisions.length);
  for (let i = 0; i < silence.length; i++) {
    if (i % width >= (turns.channels ?? width)) continue;
    const signal = (i % width) % signals;
    const beats = (Math.floor(i / width) / rate) * (bpm / 60);
    const bar = signal < 2;
    if (bar && meter === null) continue;
    const phase = 2 * Math.PI * (bar ? beats / meter! : beats * turns.divisions[(signal >> 1) - 1]!);
    silence[i] = silence[i]! + (signal % 2 ? Math.sin(phase) : Math.cos(phase));
  }
}
