/// Curves of a training, drawn as lines on one scale, with a table behind them.
import { write } from "../../parts/number";
import { said } from "../../strings/tracks";

interface Curve {
  steps: readonly number[];
  values: readonly number[];
}
const HIGH = 220;
const LEFT = 48;
const BELOW = 22;
const LINES = 4;
const MOST_ROWS = 12;

/** Units across: fewer on a phone, so that numbers stay as large as they are read. */
const across = (): number => (matchMedia("(max-width: 760px)").matches ? 400 : 800);

export function Curves({ curves, steps }: { curves: Record<string, Curve>; steps: number }) {
  const wide = across();
  const names = Object.keys(curves).filter((one) => curves[one]!.values.length);
  if (!names.length) return <section class="panel"><h2>{said.curves}</h2><p class="soft">{said.noCurve}</p></section>;
  const values = names.flatMap((one) => [...curves[one]!.values]);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = (high - low || 1) * 0.08;
  const [from, to] = [low - room, high + room];
  const last = Math.max(steps, ...names.flatMap((one) => [...curves[one]!.steps]));
  const x = (step: number): number => LEFT + (step / last) * (wide - LEFT - 8);
  const y = (value: number): number => 8 + ((to - value) / (to - from)) * (HIGH - BELOW - 8);
  const gap = roundGap((to - from) / LINES);
  const marks = multiples(from, to, gap);
  const ticks = multiples(0, last, Math.max(1, roundGap(last / LINES)));
  const digits = Math.max(0, -Math.floor(Math.log10(gap)));
  return (
    <section class="panel stack">
      <header class="row">
        <h2 class="grow">{said.curves}</h2>
        {names.map((one, i) => <span key={one} class={`legend line${i}`}>{said.curveNames[one] ?? one}</span>)}
      </header>
      <svg class="curves" viewBox={`0 0 ${wide} ${HIGH}`} role="img" aria-label={said.curves}>
        {marks.map((one) => (
          <g key={one}>
            <line x1={LEFT} x2={wide - 8} y1={y(one)} y2={y(one)} class="grid" />
            <text x={LEFT - 6} y={y(one) + 4} text-anchor="end">{write(one, digits)}</text>
          </g>
        ))}
        {ticks.map((step) => <text key={step} x={x(step)} y={HIGH - 4} text-anchor={step === last ? "end" : step ? "middle" : "start"}>{step}</text>)}
        {names.map((one, i) => {
          const curve = curves[one]!;
          const points = curve.steps.map((step, at) => `${x(step).toFixed(1)},${y(curve.values[at]!).toFixed(1)}`).join(" ");
          return (
            <g key={one} class={`line${i}`}>
              <polyline points={points} fill="none" />
              {curve.steps.length < 24 && curve.steps.map((step, at) => <circle key={step} cx={x(step)} cy={y(curve.values[at]!)} r="3" />)}
            </g>
          );
        })}
      </svg>
      <p class="axis faint small" aria-hidden="true">{said.stepAxis}</p>
      <p class="faint small">{[said.curvesWhat, names.includes("held out") && said.curvesHeld].filter(Boolean).join(" ")}</p>
      <details class="fold">
        <summary>{said.table}</summary>
        <table class="plain">
          <thead><tr><th scope="col">{said.step}</th>{names.map((one) => <th key={one} scope="col">{said.curveNames[one] ?? one}</th>)}</tr></thead>
          <tbody>{rowsOf(curves, names).map(([step, ...found]) => <tr key={step}><td>{step}</td>{found.map((one, i) => <td key={i}>{one === null ? "" : write(one!, 4)}</td>)}</tr>)}</tbody>
        </table>
      </details>
    </section>
  );
}

/** The least of 1, 2 and 5 times a power of ten that is no less than `gap`. */
function roundGap(gap: number): number {
  const ten = 10 ** Math.floor(Math.log10(gap));
  return ten * (gap <= ten ? 1 : gap <= 2 * ten ? 2 : gap <= 5 * ten ? 5 : 10);
}

/** The multiples of `gap` from `from` to `to`. */
function multiples(from: number, to: number, gap: number): number[] {
  const first = Math.ceil(from / gap);
  return Array.from({ length: Math.floor(to / gap) - first + 1 }, (_, i) => (first + i) * gap);
}

function rowsOf(curves: Record<string, Curve>, names: readonly string[]): (readonly [number, ...(number | null)[]])[] {
  const every = [...new Set(names.flatMap((one) => [...curves[one]!.steps]))].sort((a, b) => a - b);
  const thin = Math.max(1, Math.ceil(every.length / MOST_ROWS));
  return every.filter((_, i) => i % thin === 0 || i === every.length - 1).map((step) => [step, ...names.map((one) => {
    const at = curves[one]!.steps.indexOf(step);
    return at < 0 ? null : curves[one]!.values[at]!;
  })] as const);
}
