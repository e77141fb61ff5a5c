/// Improving a producer's twin: begin a round, and every round with its curves, its comparison and its proof.
import { useEffect, useState } from "preact/hooks";
import { api, type Schemas, type Trouble } from "../../api/client";
import { hear } from "../../api/events";
import { asTrouble, useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Empty, Failure, Ghost } from "../../parts/states";
import { isOver, jobs, submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { said } from "../../strings/improve";
import { RoundPanel } from "./round";
import "./improve.css";

const WAIT_MS = 600;
const LEAST_KEPT = 10;
const MOST_KEPT = 64;

export function Improve({ producer }: { producer: string }) {
  const [version, setVersion] = useState(1);
  useEffect(() => {
    let waits = 0;
    const end = hear((event) => {
      if (!["run", "again", "reset"].includes(event.kind)) return;
      clearTimeout(waits);
      waits = window.setTimeout(() => setVersion((old) => old + 1), WAIT_MS);
    });
    return () => (clearTimeout(waits), end());
  }, []);
  const states = jobs.value.filter((job) => ["improve", "pairs", "prove"].includes(job.kind)).map((job) => job.state).join();
  const found = useLoad(`rounds${producer}`, (signal) => api.get("/v1/improvements", { query: { producer, limit: 100 }, signal }));
  useEffect(() => {
    if (found.data) found.again();
  }, [version, states]);
  const rounds = found.data?.items ?? [];
  const begun = jobs.value.find((job) => job.kind === "improve" && !isOver(job) && job.plan["producer"] === producer);
  const known = begun && rounds.some((one) => begun.things.some((thing) => thing.id === one.run.id));
  return (
    <div class="improve stack">
      <p><a href="/producers">{said.back}</a></p>
      <h1>{said.title(producer)}</h1>
      <p class="soft what">{said.what}</p>
      <Begin producer={producer} />
      {begun && !known && <p class="panel" role="status"><a href={`/jobs/${begun.id}`}>{said.waits}</a></p>}
      <section class="stack">
        <h2>{said.rounds}</h2>
        {found.error && !found.data && <Failure trouble={found.error} again={found.again} />}
        {!found.data && !found.error && <Ghost height={240} />}
        {found.data && !rounds.length && <Empty title={said.noRounds}><p>{said.noRoundsWhat}</p></Empty>}
        {rounds.map((one, i) => (
          <RoundPanel key={one.run.id} round={one} n={rounds.length - i} open={i === 0} version={version} again={found.again} />
        ))}
      </section>
    </div>
  );
}

function Begin({ producer }: { producer: string }) {
  const made = jobs.value.filter((job) => job.kind === "pairs").map((job) => job.state).join();
  const sets = useLoad("improve-sets", (signal) => api.get("/v1/pairs", { query: { limit: 200 }, signal }));
  const about = useLoad(`producer${producer}`, (signal) => api.get("/v1/producers/{producer}", { path: { producer }, signal }));
  useEffect(() => {
    if (sets.data) sets.again();
  }, [made]);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const collect = (): void => {
    setTrouble(null);
    api.post("/v1/pairs/collect", { body: { source: "human", every: false } }).then((found) => (say(said.collected(found.pairs)), sets.again()), (error: unknown) => setTrouble(asTrouble(error)));
  };
  if (sets.error && !sets.data) return <Failure trouble={sets.error} again={sets.again} />;
  if (about.error) return <Failure trouble={about.error} again={about.again} />;
  if (!sets.data || !about.data) return <Ghost height={280} />;
  return (
    <section class="panel stack begin">
      {sets.data.items.length ? <Form producer={producer} sets={sets.data.items} hasTwin={Boolean(about.data.twin)} /> : (
        <>
          <h2>{said.noPairs}</h2>
          <p class="soft">{said.noPairsWhat}</p>
        </>
      )}
      {trouble && <Failure trouble={trouble} />}
      <div class="row">
        <button type="button" class="button quiet" onClick={collect}>{said.collect}</button>
        <a class="button quiet" href="/listen">{said.toListen}</a>
      </div>
    </section>
  );
}

function Form({ producer, sets, hasTwin }: { producer: string; sets: readonly Schemas["PairSetFacts"][]; hasTwin: boolean }) {
  const [by, setBy] = useState<"keepers" | "dpo">("keepers");
  const [set, setSet] = useState("");
  const [keep, setKeep] = useState(32);
  const [anchor, setAnchor] = useState(50);
  const [steps, setSteps] = useState("");
  const [start, setStart] = useState(hasTwin ? "" : "none");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const usable = sets.filter((one) => (by === "dpo" ? one.pairs > one.held_out : one.prompts > 0 || one.pairs > 0));
  const pairs = usable.find((one) => one.id === set)?.id ?? usable[0]?.id ?? "";
  const plan = { producer, by, pairs, ...(by === "keepers" ? { keep, anchor: anchor / 100 } : {}), ...(steps ? { steps: Number(steps) } : {}), ...(start ? { start } : {}) };
  const command = ["twin", "improve", producer, "--by", by, "--pairs", pairs, ...(by === "keepers" ? ["--keep", String(keep), "--anchor", String(anchor / 100)] : []), ...(steps ? ["--steps", steps] : []), ...(start ? ["--from", start] : [])];
  const begin = (event: Event): void => {
    event.preventDefault();
    setTrouble(null);
    submit("improve", plan, crypto.randomUUID()).then(() => say(said.asked), (error: unknown) => setTrouble(asTrouble(error)));
  };
  const number = (label: string, value: number, low: number, high: number, set_: (value: number) => void) => (
    <label class="field"><span>{label}</span><input type="number" min={low} max={high} value={value} onInput={(event) => set_(Number(event.currentTarget.value))} /></label>
  );
  const right = by === "dpo" || (keep >= LEAST_KEPT && keep <= MOST_KEPT && anchor >= 0 && anchor <= 95);
  return (
    <form class="stack" onSubmit={begin}>
      <header class="row">
        <h2 class="grow">{said.begin}</h2>
        <CopyCommand command={command} />
      </header>
      <fieldset class="choices">
        <legend>{said.by}</legend>
        {(["keepers", "dpo"] as const).map((one) => (
          <label key={one} class="check">
            <input type="radio" name="by" checked={by === one} onChange={() => setBy(one)} />
            <span>{said.ways[one]} <span class="soft small">{said.waysWhat[one]}</span></span>
          </label>
        ))}
      </fieldset>
      <div class="fields">
        <label class="field wide">
          <span>{said.pairs}</span>
          <select value={pairs} onChange={(event) => setSet(event.currentTarget.value)}>{usable.map((one) => <option key={one.id} value={one.id}>{said.setOf(one.id, one.made, one.pairs, one.prompts)}</option>)}</select>
        </label>
        <label class="field wide">
          <span>{said.start}</span>
          <select value={start} onChange={(event) => setStart(event.currentTarget.value)}>
            {hasTwin && <option value="">{said.starts["twin"]}</option>}
            <option value="none">{said.starts["none"]}</option>
          </select>
        </label>
        {by === "keepers" && number(said.keep, keep, LEAST_KEPT, MOST_KEPT, setKeep)}
        {by === "keepers" && number(said.anchor, anchor, 0, 95, setAnchor)}
        <label class="field"><span>{said.steps}</span><input type="number" min={1} value={steps} placeholder={said.stepsHint} onInput={(event) => setSteps(event.currentTarget.value)} /></label>
      </div>
      {trouble && <Failure trouble={trouble} />}
      <div class="row"><button type="submit" class="button main" disabled={!pairs || !right}>{said.run}</button></div>
    </form>
  );
}
