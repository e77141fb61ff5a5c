/// Which set of candidates is shown: the address names it, else it is the one that was added to last.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api, type Schemas, type Trouble } from "../../api/client";
import { asTrouble, type Loaded, useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Empty, Failure, Ghost } from "../../parts/states";
import { ask, query } from "../../router";
import { isOver, jobs, share, submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { ago } from "../../strings";
import { said } from "../../strings/listen";

type PairSet = Schemas["PairSetFacts"];
interface Sets {
  /** Sets of candidates, of which pairs are decided. */
  scored: readonly PairSet[];
  chosen: PairSet | undefined;
  damaged: number;
}

function useSets(): Loaded<Sets> {
  const making = jobs.value.filter((job) => job.kind === "pairs");
  const state = making.map((job) => `${job.state}${job.progress?.done ?? ""}`).join();
  const wanted = query.value.get("set");
  const found = useLoad("pair-sets", (signal) => api.get("/v1/pairs", { query: { limit: 200 }, signal }));
  useEffect(() => found.again(), [state]);
  const { data, ...rest } = found;
  if (!data) return rest;
  const scored = data.items.filter((one) => one.prompts > 0);
  const chosen = scored.find((one) => one.id === wanted) ?? scored[0];
  return { ...rest, data: { scored, chosen, damaged: data.damaged?.length ?? 0 } };
}

/** What is drawn of the chosen set, below the choice of another; or how to make a first one. */
export function OfSet({ draw }: { draw: (set: string) => JSX.Element }) {
  const sets = useSets();
  if (sets.error && !sets.data) return <Failure trouble={sets.error} again={sets.again} />;
  if (!sets.data) return <Ghost height={420} />;
  if (!sets.data.chosen) return <NoSets />;
  return (
    <>
      <ChooseSet sets={sets.data} />
      {draw(sets.data.chosen.id)}
    </>
  );
}

/** The set that is shown, to choose another. */
function ChooseSet({ sets }: { sets: Sets }) {
  return (
    <>
      <label class="field set">
        <span>{said.set}</span>
        <select value={sets.chosen?.id} onChange={(event) => ask({ set: event.currentTarget.value })}>
          {sets.scored.map((one) => <option key={one.id} value={one.id}>{`${one.id.slice(0, 4)} · ${said.setOf(one.made, one.prompts, ago(new Date(one.changed)))}`}</option>)}
        </select>
      </label>
      {sets.damaged > 0 && <p class="soft small">{said.damaged(sets.damaged)}</p>}
    </>
  );
}

/** There are no candidates: what they are, and how to make some. */
function NoSets() {
  const [prompts, setPrompts] = useState(20);
  const [seconds, setSeconds] = useState(10);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const working = jobs.value.find((job) => job.kind === "pairs" && !isOver(job));
  const begin = (event: Event): void => {
    event.preventDefault();
    setTrouble(null);
    submit("pairs", { n: prompts, takes: 2, seconds, scorers: ["inspector", "caption", "meters"] }, crypto.randomUUID()).then(() => say(said.asked), (error: unknown) => setTrouble(asTrouble(error)));
  };
  return (
    <>
      <Empty title={said.noSets}><p>{said.noSetsWhat}</p></Empty>
      {working ? (
        <section class="panel stack pair" role="status">
          <p><a href={`/jobs/${working.id}`}>{said.makingSets}</a></p>
          <div class="bar"><i style={{ transform: `scaleX(${share(working) ?? 0})` }} /></div>
        </section>
      ) : (
        <form class="panel stack pair" onSubmit={begin}>
          <header class="row">
            <h2 class="grow">{said.makeSets}</h2>
            <CopyCommand command={["twin", "pairs", "make", "--n", String(prompts), "--takes", "2", "--seconds", String(seconds), "--scorer", "inspector", "--scorer", "caption", "--scorer", "meters"]} />
          </header>
          <p class="soft">{said.makeWhat}</p>
          <div class="fields">
            <label class="field"><span>{said.prompts}</span><input type="number" min={2} max={100000} value={prompts} onInput={(event) => setPrompts(Number(event.currentTarget.value))} /></label>
            <label class="field"><span>{said.length}</span><input type="number" min={2} max={240} value={seconds} onInput={(event) => setSeconds(Number(event.currentTarget.value))} /></label>
          </div>
          {trouble && <Failure trouble={trouble} />}
          <div class="row"><button type="submit" class="button main" disabled={!(prompts >= 2) || !(seconds >= 2)}>{said.makeSets}</button></div>
        </form>
      )}
    </>
  );
}
