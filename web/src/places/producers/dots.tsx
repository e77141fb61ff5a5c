/// Base, twin and real as three dots on one line, the twin with its interval.
import { said } from "../../strings/producers";
import type { Interval } from "./proof";

const WIDE = 320;
const HIGH = 56;
const ROOM = 24;
const MIDDLE = 20;

export function Dots({ gain }: { gain: Interval }) {
  const from = Math.min(0, gain.low);
  const to = Math.max(1, gain.high);
  const x = (value: number): number => ROOM + ((value - from) / (to - from)) * (WIDE - 2 * ROOM);
  const label = said.gain(gain.value, gain.low, gain.high);
  const near = Math.abs(x(gain.value) - x(0)) < 40;
  return (
    <figure class="dots">
      <svg viewBox={`0 0 ${WIDE} ${HIGH}`} role="img" aria-label={said.dots(label)}>
        <line x1={x(0)} x2={x(1)} y1={MIDDLE} y2={MIDDLE} class="road" />
        <line x1={x(gain.low)} x2={x(gain.high)} y1={MIDDLE} y2={MIDDLE} class="sure" />
        <circle cx={x(0)} cy={MIDDLE} r="5" class="base" />
        <circle cx={x(1)} cy={MIDDLE} r="5" class="real" />
        <circle cx={x(gain.value)} cy={MIDDLE} r="7" class="twin" />
        {!near && <text x={x(0)} y={HIGH - 8} text-anchor={x(0) < 60 ? "start" : "middle"} dx={x(0) < 60 ? -ROOM + 2 : 0}>{said.base}</text>}
        <text x={x(1)} y={HIGH - 8} text-anchor="end" dx={ROOM - 2}>{said.real}</text>
        <text x={x(gain.value)} y={near ? HIGH - 8 : 8} text-anchor="middle" class="twin-name">{said.twin}</text>
      </svg>
      <figcaption class="soft small" title={said.gainWhat}>{label}</figcaption>
    </figure>
  );
}
