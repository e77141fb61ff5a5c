/// The tracks: how many are ready, the few that need a person with their reasons, and the way to bring more.
import { useEffect } from "preact/hooks";
import { useLoad } from "../../api/load";
import { Failure, Ghost } from "../../parts/states";
import * as engine from "../../player/engine";
import { ask, query } from "../../router";
import { isOver, jobs, submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { said } from "../../strings/tracks";
import { aboutOf } from "../jobs/tell";
import { said as jobWords } from "../../strings/jobs";
import { Drop } from "./drop";
import { TrackRow } from "./row";
import { type Known, loadTracks, needsOf, soundOfTrack, standingOf, tracksVersion } from "./store";

const READING = ["ingest", "screen", "caption", "dataset", "split"];

export function TrackList() {
  const reading = jobs.value.filter((job) => READING.includes(job.kind));
  const over = reading.filter(isOver).length;
  const found = useLoad(`tracks${over}.${tracksVersion.value}`, loadTracks);
  const every = found.data?.tracks;
  const producer = query.value.get("producer") ?? "";
  const shown = (every ?? []).filter((one) => !producer || one.track.producer === producer);
  const names = [...new Set((every ?? []).map((one) => one.track.producer))];
  useEffect(() => {
    engine.queue.value = shown.map(soundOfTrack);
  }, [every, producer]);
  if (found.error && !every) return <Failure trouble={found.error} again={found.again} />;
  if (!every) return <Ghost height={420} />;
  if (!every.length) return <><Drop names={[]} large /><Work now={reading.filter((job) => !isOver(job))} /></>;
  const needs = shown.filter((one) => standingOf(one) === "needs");
  const waits = shown.filter((one) => standingOf(one) === "waits");
  const ready = shown.filter((one) => standingOf(one) === "ready");
  return (
    <>
      <div class="row">
        <p class="lead grow">{said.summary(shown.length, ready.length, needs.length, waits.length)}</p>
        {names.length > 1 && (
          <label class="row">
            <span class="label">{said.producer}</span>
            <select value={producer} onChange={(event) => ask({ producer: event.currentTarget.value })}>
              <option value="">{said.everybody}</option>
              {names.map((one) => <option key={one}>{one}</option>)}
            </select>
          </label>
        )}
      </div>
      <Work now={reading.filter((job) => !isOver(job))} />
      <Next every={every} />
      {needs.length > 0 && <Rows name={said.needYou} rows={needs} />}
      {waits.length > 0 && <Rows name={said.waits} rows={waits} />}
      <Drop names={names} />
      {ready.length > 0 && <Rows name={said.ready} rows={ready} />}
    </>
  );
}

function Rows({ name, rows }: { name: string; rows: readonly Known[] }) {
  return (
    <section class="group" aria-label={name}>
      <h2>{name}</h2>
      <ul class="rows">
        {rows.map((one) => <TrackRow key={one.track.id} known={one} needs={needsOf(one)} />)}
      </ul>
    </section>
  );
}

/** What works on tracks now. */
function Work({ now }: { now: readonly { id: string; kind: string; plan: Record<string, unknown>; progress?: { text: string } | null }[] }) {
  if (!now.length) return null;
  return (
    <div class="panel row" role="status">
      {now.slice(0, 3).map((job) => (
        <a key={job.id} class="chip known" href={`/jobs/${job.id}`}>
          {[jobWords.kind(job.kind), aboutOf(job as never)].filter(Boolean).join(" · ")}
        </a>
      ))}
      <span class="soft small cut grow">{now[0]!.progress?.text ?? ""}</span>
    </div>
  );
}

/** The step that the machine can do next, as one button: listen, describe, or build a training set. */
function Next({ every }: { every: readonly Known[] }) {
  const busy = jobs.value.some((job) => READING.includes(job.kind) && !isOver(job));
  const unheard = every.filter((one) => !one.screen);
  const undescribed = every.filter((one) => one.screen?.verdict.accepted && !one.caption);
  if (busy) return null;
  const begin = (kind: string): void => {
    submit(kind, {}, crypto.randomUUID()).catch((error: Error) => say(error.message, { bad: true }));
  };
  if (unheard.length) return <Step what={said.listenWhat} label={said.listen(unheard.length)} run={() => begin("screen")} />;
  if (undescribed.length) return <Step what={said.describeWhat} label={said.describe(undescribed.length)} run={() => begin("caption")} />;
  return (
    <div class="row">
      <a class="button main" href="/tracks/sets">{said.build}</a>
      <a class="button" href="/tracks/train">{said.train}</a>
    </div>
  );
}

function Step({ what, label, run }: { what: string; label: string; run: () => void }) {
  return (
    <div class="panel row next">
      <p class="soft grow">{what}</p>
      <button type="button" class="button main" onClick={run}>{label}</button>
    </div>
  );
}
