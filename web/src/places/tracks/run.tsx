/// One run: its curves as they grow, how it sounds on the way, and how to stop it or go on.
import { useEffect, useState } from "preact/hooks";
import { api, type Schemas, type Trouble } from "../../api/client";
import { hear } from "../../api/events";
import { asTrouble, useLoad } from "../../api/load";
import { putBack } from "../../api/takes";
import { CopyCommand } from "../../parts/copy";
import { Icon } from "../../parts/icons";
import { Number_ } from "../../parts/number";
import { Failure, Ghost } from "../../parts/states";
import * as engine from "../../player/engine";
import { go } from "../../router";
import { change, isOver, jobs, submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { span, words } from "../../strings";
import { said } from "../../strings/tracks";
import { Waveform } from "../../wave/waveform";
import { Curves } from "./curves";

interface Sample {
  step: number;
  take: string;
  seed: number;
  caption: string;
  seconds: number;
}

export function RunPage({ id }: { id: string }) {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    let waits = 0;
    const end = hear((event) => {
      if (event.kind !== "run" && event.kind !== "again" && event.kind !== "reset") return;
      clearTimeout(waits);
      waits = window.setTimeout(() => setVersion((old) => old + 1), 400);
    });
    return () => (clearTimeout(waits), end());
  }, []);
  const job = jobs.value.find((one) => !isOver(one) && one.things.some((thing) => thing.kind === "run" && thing.id === id));
  const found = useFresh(id, version, job?.id ?? "");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={520} />;
  const { detail, curves, summary } = found.data;
  const { run } = detail;
  const runs = run.status === "running";
  const resume = (): void => {
    setTrouble(null);
    submit("train", { resume: run.id }, crypto.randomUUID()).then(
      (made) => (say(said.asked(said.resume)), go(`/jobs/${made.id}`)),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  const remove = (): void => {
    setTrouble(null);
    api.delete("/v1/runs/{run}", { path: { run: run.id } }).then(
      (entry) => (say(said.runDeleted, { action: { label: words.undo, run: () => void putBack(entry.id) } }), go("/tracks/train")),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  const prove = (): void => {
    setTrouble(null);
    submit("prove", { subject: run.id }, crypto.randomUUID()).then(
      (made) => (say(said.asked(said.prove)), go(`/jobs/${made.id}`)),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  return (
    <div class="tracks stack">
      <p><a href="/tracks/train">{said.allRuns}</a></p>
      <header class="row">
        <div class="grow">
          <h1>{said.runTitle(run.producer, run.variant)}</h1>
          <p class="soft">{[said.statuses[run.status] ?? run.status, said.stepOf(summary?.at ?? run.step, run.steps), run.best ? said.best(run.best) : "", runs && summary?.left ? said.left(span(summary.left)) : ""].filter(Boolean).join(" · ")}</p>
        </div>
        {runs && job && <button type="button" class="button" onClick={() => void change(job.id, "cancel").catch((error: unknown) => setTrouble(asTrouble(error)))}>{said.stop_}</button>}
        {!runs && run.status !== "done" && <button type="button" class="button main" title={said.resumeMore} onClick={resume}>{said.resume}</button>}
        {run.status === "done" && <button type="button" class="button main" onClick={prove}>{said.prove}</button>}
        {!runs && <button type="button" class="button quiet" onClick={remove}>{said.deleteRun}</button>}
        <CopyCommand command={["twin", "runs", "show", run.id]} />
      </header>
      {run.status === "failed" && run.note && <section class="error"><strong>{run.note[0]!.toUpperCase() + run.note.slice(1)}</strong></section>}
      {run.status === "stopped" && <p class="soft">{said.resumeMore}</p>}
      {trouble && <Failure trouble={trouble} />}
      <div class={`bar${run.status === "failed" ? " lost" : ""}`} role="progressbar" aria-label={said.run(run.id)} aria-valuemin={0} aria-valuemax={run.steps} aria-valuenow={summary?.at ?? run.step}>
        <i style={{ transform: `scaleX(${(summary?.at ?? run.step) / run.steps})` }} />
      </div>
      {summary && (
        <dl class="tiles">
          <div><dt>{said.loss}</dt><dd><Number_ value={summary.loss} digits={3} /></dd></div>
          <div><dt>{said.heldLoss}</dt><dd><Number_ value={summary.validation} digits={3} /></dd></div>
          <div><dt>{said.speed}</dt><dd><Number_ value={summary.speed} digits={2} unit={said.perSecond} /></dd></div>
          <div><dt>{said.heard}</dt><dd>{summary.heard ? span(summary.heard) : "–"}</dd></div>
        </dl>
      )}
      <Curves curves={curves.curves} steps={run.steps} />
      <Samples samples={detail.samples as unknown as Sample[]} runs={runs} />
      {detail.warnings.length > 0 && (
        <section class="panel stack">
          <h2>{said.warnings}</h2>
          <ul>{detail.warnings.map((one, i) => <li key={i} class="soft">{Object.values(one).map(String).join(" · ")}</li>)}</ul>
        </section>
      )}
      <details class="fold">
        <summary>{said.settings}</summary>
        <pre class="log" tabindex={0}>{detail.recipe}</pre>
      </details>
    </div>
  );
}

/** A run with its curves, read anew without a gap whenever it logged more. */
function useFresh(id: string, version: number, job: string) {
  interface Found {
    detail: Schemas["RunDetail"];
    curves: Schemas["RunCurves"];
    summary: Schemas["RunSummary"] | undefined;
  }
  const [kept, setKept] = useState<Found | undefined>();
  const found = useLoad(`run${id}.${version}.${job}`, async (signal) => {
    const [detail, curves, every] = await Promise.all([
      api.get("/v1/runs/{run}", { path: { run: id }, signal }),
      api.get("/v1/runs/{run}/curves", { path: { run: id }, signal }),
      api.get("/v1/runs", { query: { limit: 100 }, signal }),
    ]);
    return { detail, curves, summary: every.items.find((one) => one.run.id === detail.run.id) };
  });
  useEffect(() => {
    if (found.data) setKept(found.data);
  }, [found.data]);
  return { ...found, data: found.data ?? kept };
}

function Samples({ samples, runs }: { samples: readonly Sample[]; runs: boolean }) {
  const bySeed = [...samples].sort((a, b) => a.step - b.step);
  return (
    <section class="panel stack">
      <h2>{said.samples}</h2>
      <p class="soft">{samples.length ? said.samplesWhat : runs ? said.noSamples : said.noSamplesAtAll}</p>
      <ul class="samples">
        {bySeed.map((one) => {
          const sound: engine.Sound = { key: `take:${one.take}`, title: said.sample(one.step, one.seed), url: `/v1/takes/${one.take}/audio`, peaks: `/v1/takes/${one.take}/peaks`, seconds: one.seconds, lufs: null, bar: null, place: `/takes/${one.take}` };
          const here = engine.sound.value?.key === sound.key;
          const plays = here && engine.playing.value;
          return (
            <li key={one.take}>
              <button type="button" class="button icon" aria-label={plays ? said.stop(sound.title) : said.play(sound.title)} onClick={() => engine.toggle(sound)}><Icon name={plays ? "pause" : "play"} /></button>
              <a class="step" href={`/takes/${one.take}`}>{sound.title}</a>
              <Waveform peaks={sound.peaks} seconds={one.seconds} height={40} label={said.waveform(sound.title)} played={here ? engine.position.value : 0} />
              <span class="soft small cut words">{one.caption}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
