/// Train a twin: what is learned, on what, how long it may take; and every run that there was.
import { useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { write } from "../../parts/number";
import { Empty, Failure, Ghost } from "../../parts/states";
import { go, query } from "../../router";
import { isOver, jobs, submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { ago, span } from "../../strings";
import { bytes } from "../../strings/studio";
import { said } from "../../strings/tracks";

const USUAL_STEPS = 400;

export function Train() {
  const trains = jobs.value.filter((job) => job.kind === "train");
  const found = useLoad(`train${trains.map((job) => job.state).join()}`, async (signal) => {
    const [sets, variants, runs, producers] = await Promise.all([
      api.get("/v1/datasets", { query: { limit: 200 }, signal }),
      api.get("/v1/variants", { query: { limit: 100 }, signal }),
      api.get("/v1/runs", { query: { limit: 200 }, signal }),
      api.get("/v1/producers", { query: { limit: 200 }, signal }),
    ]);
    return { sets: sets.items, variants: variants.items, runs: runs.items, producers: producers.items.map((one) => one.name) };
  });
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={480} />;
  const { sets, runs } = found.data;
  return (
    <div class="sides">
      {sets.length ? (
        <Form data={found.data} />
      ) : (
        <Empty title={said.trainNeeds} action={<a class="button main" href="/tracks/sets">{said.build}</a>}><p>{said.setsEmptyWhat}</p></Empty>
      )}
      <section class="stack">
        <h2>{said.runs}</h2>
        {runs.length === 0 && <p class="soft">{said.noRuns}</p>}
        {runs.length > 0 && (
          <ul class="rows">
            {runs.map(({ run, at, validation }) => (
              <li key={run.id}>
                <span class="grow">
                  <a href={`/tracks/runs/${run.id}`}>{said.runTitle(run.producer, run.variant)}</a>{" "}
                  <span class="soft small">{[said.stepOf(at, run.steps), validation ? `${said.heldLoss} ${write(validation, 3)}` : ""].filter(Boolean).join(" · ")}</span>
                </span>
                <span class={`chip${run.status === "failed" ? " bad" : run.status === "running" ? " known" : ""}`}>{said.statuses[run.status] ?? run.status}</span>
                <span class="faint small">{ago(new Date(run.created))}</span>
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}

interface Data {
  sets: readonly { id: string; producer: string | null; tracks: number; frozen: string }[];
  variants: readonly { name: string; present: boolean; size: number; about: string }[];
  runs: readonly { run: { variant: string; steps: number }; speed: number | null }[];
  producers: readonly string[];
}

function Form({ data }: { data: Data }) {
  const asked = query.value;
  const [set, setSet] = useState(asked.get("set") ?? data.sets[0]?.id ?? "");
  const chosen = data.sets.find((one) => one.id === set);
  const [producer, setProducer] = useState(asked.get("producer") || chosen?.producer || data.producers[0] || "");
  const [variant, setVariant] = useState("nano");
  const [steps, setSteps] = useState("");
  const [changes, setChanges] = useState("");
  const [noInstall, setNoInstall] = useState(false);
  const [autoFit, setAutoFit] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const here = data.variants.filter((one) => one.present);
  const lines = [...(steps ? [`training.steps=${steps}`] : []), ...changes.split("\n").map((one) => one.trim()).filter(Boolean)];
  const plan = { producer, dataset: set || null, variant, changes: lines, no_install: noInstall, auto_fit: autoFit };
  const speed = data.runs.find((one) => one.run.variant === variant && one.speed)?.speed ?? null;
  const instrument = here.find((one) => one.name === variant);
  const size = instrument?.size ?? 0;
  const wrong = (name: string): string => trouble?.errors.find((one) => one.pointer.includes(`/plan/${name}`))?.detail ?? "";
  const begin = (event: Event): void => {
    event.preventDefault();
    setTrouble(null);
    submit("train", plan, crypto.randomUUID()).then(
      (job) => (say(said.asked(said.train)), go(`/jobs/${job.id}`)),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  return (
    <form class="panel stack" onSubmit={begin}>
      <header class="row">
        <h2 class="grow">{said.train}</h2>
        <CopyCommand command={["twin", "train", producer, "--dataset", set, "--variant", variant, ...lines.flatMap((one) => ["--set", one])]} />
      </header>
      <p class="soft">{said.trainWhat}</p>
      <label class="field">
        <span>{said.onSet}</span>
        <select value={set} aria-invalid={Boolean(wrong("dataset"))}
          onChange={(event) => (setSet(event.currentTarget.value), setProducer(data.sets.find((one) => one.id === event.currentTarget.value)?.producer ?? producer))}>
          {data.sets.map((one) => <option key={one.id} value={one.id}>{`${one.producer ?? said.everybody} · ${said.tracksIn(one.tracks)} · ${ago(new Date(one.frozen))}`}</option>)}
        </select>
      </label>
      <div class="fields">
        <label class="field">
          <span>{said.producer}</span>
          <input type="text" value={producer} aria-invalid={Boolean(wrong("producer"))} onInput={(event) => setProducer(event.currentTarget.value)} />
        </label>
        <label class="field">
          <span>{said.instrument}</span>
          <select value={variant} onChange={(event) => setVariant(event.currentTarget.value)}>{here.map((one) => <option key={one.name} value={one.name}>{one.name === "tiny" ? said.forTests(one.name) : one.name}</option>)}</select>
        </label>
        <label class="field" title={said.stepsWhat}>
          <span>{said.steps}</span>
          <input type="number" min={1} value={steps} placeholder={String(USUAL_STEPS)} aria-invalid={Boolean(wrong("changes"))} onInput={(event) => setSteps(event.currentTarget.value)} />
        </label>
      </div>
      <dl class="facts said">
        {instrument && <><dt>{said.instrument}</dt><dd class="soft">{instrument.about}</dd></>}
        <dt>{said.time}</dt>
        <dd>{speed ? <>{span((Number(steps) || USUAL_STEPS) / speed)} <span class="faint">{said.timeFrom(write(speed, 2))}</span></> : <span class="soft">{said.timeUnknown}</span>}</dd>
        {size > 0 && <><dt>{said.memory}</dt><dd class="soft">{said.memoryWhat(bytes(size))}</dd></>}
      </dl>
      <details class="fold">
        <summary>{said.more}</summary>
        <div class="stack">
          <label class="field" title={said.changeWhat}>
            <span>{said.change}</span>
            <textarea rows={3} value={changes} placeholder={said.changeWhat} aria-invalid={Boolean(wrong("changes"))} onInput={(event) => setChanges(event.currentTarget.value)} />
          </label>
          <label class="check"><input type="checkbox" checked={noInstall} onChange={(event) => setNoInstall(event.currentTarget.checked)} />{said.noInstall}</label>
          <label class="check"><input type="checkbox" checked={autoFit} onChange={(event) => setAutoFit(event.currentTarget.checked)} />{said.autoFit}</label>
        </div>
      </details>
      {trouble && <Failure trouble={trouble} />}
      <div class="row"><button type="submit" class="button main" disabled={!producer.trim()}>{said.begin}</button>{jobs.value.some((job) => job.kind === "train" && !isOver(job)) && <a href="/jobs">{said.working}</a>}</div>
    </form>
  );
}
