/// What the prompts of a set ask for: style, tempo, key, instruments and mood, each with how often.
import { api, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Failure, Ghost } from "../../parts/states";
import { said } from "../../strings/listen";
import { OfSet } from "./sets";

type Row = Schemas["CoverageRow"];

export function Coverage() {
  return <OfSet draw={(set) => <Table set={set} />} />;
}

function Table({ set }: { set: string }) {
  const found = useLoad(`coverage${set}`, (signal) => api.get("/v1/pairs/{key}/coverage", { path: { key: set }, signal }));
  if (found.error) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={420} />;
  const facets = [...new Set(found.data.items.map((one) => one.facet))];
  return (
    <>
      <div class="row">
        <p class="soft grow">{said.coverageWhat}</p>
        <CopyCommand command={["twin", "pairs", "coverage", set]} />
      </div>
      <div class="facets">{facets.map((facet) => <Facet key={facet} facet={facet} rows={found.data!.items.filter((one) => one.facet === facet)} />)}</div>
    </>
  );
}

function Facet({ facet, rows }: { facet: string; rows: readonly Row[] }) {
  const most = Math.max(1, ...rows.map((one) => one.prompts));
  const asked = rows.filter((one) => one.prompts).sort((a, b) => b.prompts - a.prompts);
  const never = rows.filter((one) => !one.prompts);
  return (
    <section class="panel stack">
      <header>
        <h2>{said.facets[facet] ?? facet}</h2>
        <p class="faint small">{said.never(never.length, rows.length)}</p>
      </header>
      {asked.length > 0 && (
        <table class="plain">
          <thead><tr><th scope="col">{said.thing}</th><th scope="col">{said.count}</th></tr></thead>
          <tbody>
            {asked.map((one) => (
              <tr key={one.what}>
                <td>{one.name}</td>
                <td class="share"><span class="amount">{one.prompts}</span><span class="bar"><i style={{ transform: `scaleX(${one.prompts / most})` }} /></span></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {never.length > 0 && (
        <details class="fold">
          <summary>{said.neverAsked}</summary>
          <p class="soft small">{never.map((one) => one.name).join(", ")}</p>
        </details>
      )}
    </section>
  );
}
