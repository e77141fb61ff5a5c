/// How the stages feed each other, as a picture to read; drawn where it is more than a row.
import { said } from "../../strings/pipelines";
import { type Stage, sourcesOf } from "./draft";

const WIDE = 150;
const HIGH = 44;
const GAP = 28;

export function Flow({ stages }: { stages: readonly Stage[] }) {
  const fans = stages.some((one) => sourcesOf(one).length > 1) || stages.some((one, i) => i > 0 && sourcesOf(one).every((source) => source !== `@${stages[i - 1]!.id}`));
  if (!fans || stages.length < 2) return null;
  const names = ["@source", ...stages.map((one) => `@${one.id}`)].filter((one, i) => i > 0 || stages.some((stage) => sourcesOf(stage).includes(one)));
  const depth = new Map<string, number>([["@source", 0]]);
  for (const one of stages) depth.set(`@${one.id}`, Math.max(0, ...sourcesOf(one).map((source) => (depth.has(source) ? depth.get(source)! + 1 : 0))));
  const columns = new Map<number, string[]>();
  for (const one of names) columns.set(depth.get(one) ?? 0, [...(columns.get(depth.get(one) ?? 0) ?? []), one]);
  const place = (name: string): [number, number] => {
    const row = depth.get(name) ?? 0;
    return [(columns.get(row) ?? []).indexOf(name) * (WIDE + GAP), row * (HIGH + GAP)];
  };
  const width = Math.max(...[...columns.values()].map((one) => one.length)) * (WIDE + GAP) - GAP;
  const height = (Math.max(...columns.keys()) + 1) * (HIGH + GAP) - GAP;
  return (
    <section class="panel stack">
      <h2>{said.picture}</h2>
      <svg class="flow-picture" viewBox={`-1 -1 ${width + 2} ${height + 2}`} role="img" aria-label={said.picture} style={{ maxWidth: `${width + 2}px` }}>
        {stages.flatMap((one) => sourcesOf(one).filter((source) => depth.has(source)).map((source, i) => {
          const [x1, y1] = place(source);
          const [x2, y2] = place(`@${one.id}`);
          const middle = (y1 + HIGH + y2) / 2;
          return <path key={`${one.id}${source}${i}`} d={`M${x1 + WIDE / 2} ${y1 + HIGH}C${x1 + WIDE / 2} ${middle} ${x2 + WIDE / 2} ${middle} ${x2 + WIDE / 2} ${y2}`} />;
        }))}
        {names.map((one) => {
          const [x, y] = place(one);
          return (
            <g key={one}>
              <rect x={x} y={y} width={WIDE} height={HIGH} rx={8} class={one === "@source" ? "given" : ""} />
              <text x={x + WIDE / 2} y={y + HIGH / 2 + 4} text-anchor="middle">{one === "@source" ? said.yours : one.slice(1)}</text>
            </g>
          );
        })}
      </svg>
    </section>
  );
}
