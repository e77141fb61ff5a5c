/// Pipelines: what there is to play with, and one as a list of stages that read as sentences.
import { api } from "../../api/client";
import { useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Empty, Failure, Ghost } from "../../parts/states";
import { query } from "../../router";
import { said } from "../../strings/pipelines";
import { keptTables, type Stage, type Tables, traceTake } from "./draft";
import { Editor } from "./editor";
import type { Defs } from "./schema";
import "./pipelines.css";

const NEW = "new";

export function Pipelines({ rest }: { rest: readonly string[] }) {
  const take = query.value.get("take") ?? "";
  if (take) return <One key={`take ${take}`} name={`take-${take}`} take={take} />;
  return rest[0] ? <One key={rest[0]} name={rest[0]} take="" /> : <All />;
}

function All() {
  const found = useLoad("pipelines", (signal) => api.get("/v1/pipelines", { query: { limit: 200 }, signal }));
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  return (
    <div class="pipelines stack">
      <header class="head">
        <h1>{said.title}</h1>
        <a class="button main" href={`/pipelines/${NEW}`}>{said.begin}</a>
      </header>
      <p class="soft wide-text">{said.what}</p>
      {found.data ? (
        <ul class="cards">
          {[...found.data.items].sort((a, b) => Number(b.own) - Number(a.own)).map((one) => (
            <li key={one.name}>
              <a href={`/pipelines/${one.name}`}>
                <strong class="row"><span class="grow">{one.title || one.name}</span>{one.own && <span class="chip known">{said.ownChip}</span>}</strong>
                <span class="soft">{one.about}</span>
                <span class="flow">
                  {one.stages.map((kind, i) => <span class="chip" key={i}>{said.kinds[kind] ?? kind}</span>)}
                </span>
                <span class="faint small">{one.needs_source ? said.needs : said.fromWords}</span>
              </a>
            </li>
          ))}
        </ul>
      ) : (
        <Ghost height={480} />
      )}
    </div>
  );
}

function One({ name, take }: { name: string; take: string }) {
  const found = useLoad(`pipeline ${name}`, async (signal) => {
    const [kinds, variants] = await Promise.all([api.get("/v1/jobs/kinds", { signal }), api.get("/v1/variants", { query: { limit: 100 }, signal })]);
    const plan = kinds.items.find((one) => one.kind === "pipeline")!.plan as unknown as { $defs: Defs };
    const present = variants.items.filter((one) => one.present).map((one) => one.name);
    return { defs: plan.$defs, present, ...(await tablesOf(name, take, signal)) };
  });
  if (found.error?.status === 404) return <Empty title={said.notThere} action={<a class="button main" href="/pipelines">{said.back}</a>} />;
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={480} />;
  return (
    <div class="pipelines stack">
      <p class="row">
        <a class="grow" href="/pipelines">{said.back}</a>
        {!take && name !== NEW && <CopyCommand command={["twin", "pipeline", "run", name]} />}
        {take && <CopyCommand command={["twin", "pipeline", "trace", take]} />}
      </p>
      <Editor name={name} first={found.data.first} start={found.data.start} defs={found.data.defs} present={found.data.present} traced={Boolean(take)} own={found.data.own} kept={found.again} />
    </div>
  );
}

/** The tables to begin with: what was left in this tab, else the preset, the take's own stages, or one empty stage. */
async function tablesOf(name: string, take: string, signal: AbortSignal): Promise<{ first: Tables; start: Tables; own: boolean }> {
  const empty: Stage = { id: "draft", kind: "generate" };
  const start: Tables | null = take
    ? await traceTake(take)
    : name === NEW
      ? { stages: [empty] }
      : null;
  if (start) return { start, first: keptTables(name) ?? start, own: false };
  const written = await api.get("/v1/pipelines/{pipeline}", { path: { pipeline: name }, signal });
  const read = written.tables as unknown as Tables;
  return { start: read, first: keptTables(name) ?? read, own: written.own };
}
