/// A small chart of one or two curves over steps, with what it says in words and a table behind it.
import { write } from "../../parts/number";
import { said } from "../../strings/improve";
import { said as tracks } from "../../strings/tracks";

export interface Points {
  steps: readonly number[];
  values: readonly number[];
}
interface Properties {
  title: string;
  what: string;
  curves: Readonly<Record<string, Points>>;
  steps: number;
  /** A value at which a line is drawn: where it begins, or what is neither good nor bad. */
  mark?: number;
}
const WIDE = 320;
const HIGH = 132;
const LEFT = 40;
const BELOW = 18;
const ROWS = 10;

export function Chart({ title, what, curves, steps, mark }: Properties) {
  const names = Object.keys(curves).filter((one) => curves[one]!.values.length);
  if (!names.length) return null;
  const values = [...names.flatMap((one) => [...curves[one]!.values]), ...(mark === undefined ? [] : [mark])];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || 0.1) * 0.1;
  const last = Math.max(steps, ...names.flatMap((one) => [...curves[one]!.steps]));
  const x = (step: number): number => LEFT + (step / last) * (WIDE - LEFT - 6);
  const y = (value: number): number => 6 + ((high + room - value) / (high - low + 2 * room)) * (HIGH - BELOW - 6);
  const digits = high - low < 0.1 ? 3 : 2;
  const every = [...new Set(names.flatMap((one) => [...curves[one]!.steps]))].sort((a, b) => a - b);
  const thin = Math.max(1, Math.ceil(every.length / ROWS));
  const shown = every.filter((_, i) => i % thin === 0 || i === every.length - 1);
  return (
    <figure class="chart">
      <figcaption><strong>{title}</strong> <span class="faint small">{what}</span></figcaption>
      {names.length > 1 && <p class="row">{names.map((one, i) => <span key={one} class={`of-line line${i}`}>{said.curveNames[one] ?? one}</span>)}</p>}
      <svg viewBox={`0 0 ${WIDE} ${HIGH}`} role="img" aria-label={`${title}: ${names.map((one) => `${said.curveNames[one] ?? one} ${write(curves[one]!.values.at(-1)!, digits)}`).join(", ")}`}>
        {[low, high].map((one) => <text key={one} x={LEFT - 6} y={y(one) + 4} text-anchor="end">{write(one, digits)}</text>)}
        {mark !== undefined && <line class="mark" x1={LEFT} x2={WIDE - 6} y1={y(mark)} y2={y(mark)} />}
        <text x={LEFT} y={HIGH - 3}>0</text>
        <text x={WIDE - 6} y={HIGH - 3} text-anchor="end">{last}</text>
        {names.map((one, i) => (
          <g key={one} class={`line${i}`}>
            <polyline fill="none" points={curves[one]!.steps.map((step, at) => `${x(step).toFixed(1)},${y(curves[one]!.values[at]!).toFixed(1)}`).join(" ")} />
          </g>
        ))}
      </svg>
      <details class="fold">
        <summary>{tracks.table}</summary>
        <table class="plain">
          <thead><tr><th scope="col">{tracks.step}</th>{names.map((one) => <th key={one} scope="col">{said.curveNames[one] ?? one}</th>)}</tr></thead>
          <tbody>{shown.map((step) => <tr key={step}><td>{step}</td>{names.map((one) => { const at = curves[one]!.steps.indexOf(step); return <td key={one}>{at < 0 ? "" : write(curves[one]!.values[at]!, 3)}</td>; })}</tr>)}</tbody>
        </table>
      </details>
    </figure>
  );
}
