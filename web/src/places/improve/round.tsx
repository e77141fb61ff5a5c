/// A round: what it learned from, how it went, whether its takes are better, its proof, and what can be done next.
import { useEffect, useState } from "preact/hooks";
import { api, type Schemas, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Failure } from "../../parts/states";
import { change, isOver, jobs, submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { span } from "../../strings";
import { said } from "../../strings/improve";
import { Chart, type Points } from "./chart";
import { Comparison } from "./comparison";

type Round = Schemas["ImprovementRound"];

interface Properties {
  round: Round;
  /** Its place among the rounds of the producer, from 1. */
  n: number;
  /** Whether its curves stand open. */
  open: boolean;
  /** Grows whenever a run logged something. */
  version: number;
  again: () => void;
}

export function RoundPanel({ round, n, open, version, again }: Properties) {
  const { run } = round;
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const own = jobs.value.filter((job) => job.kind === "improve" && job.things.some((thing) => thing.kind === "run" && thing.id === run.id));
  const works = own.find((job) => !isOver(job));
  const runs = run.status === "running";
  const act = (work: Promise<unknown>, told: string): void => {
    setTrouble(null);
    work.then(() => (say(told), again()), (error: unknown) => setTrouble(asTrouble(error)));
  };
  const resume = (): void => act(submit("improve", own[0]!.plan as Record<string, unknown>, crypto.randomUUID()), said.asked);
  const install = (): void => {
    setTrouble(null);
    api.post("/v1/runs/{run}/install", { path: { run: run.id } }).then(
      (done) => (say(said.installedNow(done.producer, done.versions)), again()),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  return (
    <article class="panel stack round">
      <header class="row">
        <div class="grow">
          <h2>{said.round(n, said.waysName[round.by]!)}</h2>
          <p class="soft small">{[said.stepOf(round.at, run.steps), runs && round.left ? said.left(span(round.left)) : "", said.facts(round.pairs, round.began_with)].filter(Boolean).join(" · ")}</p>
        </div>
        <span class={`chip${run.status === "failed" || run.status === "diverged" ? " bad" : runs ? " known" : ""}`}>{said.statuses[run.status ?? ""] ?? run.status}</span>
        {round.has_adapter && <span class={`chip${round.proof ? " known" : ""}`}>{round.proof ? said.proven : said.notProven}</span>}
        {round.installed && <span class="chip known">{said.installed}</span>}
      </header>
      {runs && <div class="bar" role="progressbar" aria-label={said.round(n, said.waysName[round.by]!)} aria-valuemin={0} aria-valuemax={run.steps} aria-valuenow={round.at}><i style={{ transform: `scaleX(${round.at / run.steps})` }} /></div>}
      {run.note && <p class={run.status === "failed" || run.status === "diverged" ? "bad-text" : "soft"}>{run.note}</p>}
      <details class="fold" open={open}>
        <summary>{said.curves}</summary>
        <Curves run={run.id} steps={run.steps} version={runs ? version : 0} />
      </details>
      <Comparison round={round} />
      {trouble && <Failure trouble={trouble} />}
      <footer class="row">
        {works && <button type="button" class="button" onClick={() => act(change(works.id, "cancel"), said.statuses["stopped"]!)}>{said.stop}</button>}
        {!runs && !round.has_adapter && run.status !== "diverged" && (own[0] ? <button type="button" class="button main" onClick={resume}>{said.resume}</button> : <p class="soft small">{said.resumeByHand}</p>)}
        {round.has_adapter && round.proof && <a class="button" href={`/producers/proof/${round.proof}`}>{said.proof}</a>}
        {round.has_adapter && <button type="button" class={`button${round.proof ? "" : " main"}`} onClick={() => act(submit("prove", { subject: run.id }, crypto.randomUUID()), said.proving)}>{round.proof ? said.proveAgain : said.prove}</button>}
        {round.has_adapter && !round.installed && <button type="button" class={`button${round.proof ? " main" : ""}`} title={round.proof ? undefined : said.installUnproven} onClick={install}>{said.install}</button>}
        <a class="button quiet" href={`/tracks/runs/${run.id}`}>{said.details}</a>
        <span class="grow" />
        <CopyCommand command={["twin", "runs", "show", run.id]} />
      </footer>
    </article>
  );
}

function Curves({ run, steps, version }: { run: string; steps: number; version: number }) {
  const found = useLoad(`curves${run}`, (signal) => api.get("/v1/runs/{run}/curves", { path: { run }, signal }));
  useEffect(() => {
    if (version) found.again();
  }, [version]);
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return null;
  const pick = (from: Record<string, Points>, ...names: string[]): Record<string, Points> => Object.fromEntries(names.filter((name) => from[name]).map((name) => [name, from[name]!]));
  const { curves, preferences } = found.data as { curves: Record<string, Points>; preferences: Record<string, Points> };
  return (
    <div class="charts">
      <Chart title={said.accuracy} what={said.curvesWhat.accuracy} curves={pick(preferences, "accuracy")} steps={steps} mark={0.5} />
      <Chart title={said.rises} what={said.curvesWhat.rise} curves={pick(preferences, "chosen_rise", "rejected_rise")} steps={steps} mark={0} />
      <Chart title={said.inside} what={said.curvesWhat.inside} curves={pick(preferences, "inside")} steps={steps} />
      <Chart title={said.loss} what={said.lossWhat} curves={pick(curves, "training", "held out")} steps={steps} />
    </div>
  );
}
