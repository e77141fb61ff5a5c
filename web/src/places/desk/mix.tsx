/// Mix: one job, the take that it made, and the hand-over of that to a workstation.
import { useState } from "preact/hooks";
import { address, api, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { Icon } from "../../parts/icons";
import { Failure } from "../../parts/states";
import * as engine from "../../player/engine";
import { soundOf } from "../../player/sounds";
import { ask, query } from "../../router";
import { findJob, submit } from "../../state/jobs";
import { clock } from "../../strings";
import { said } from "../../strings/desk";
import { JobCard } from "../jobs/card";
import { desk, inputs, names, trouble as wrong } from "./store";

export function Mix() {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const there = useLoad("mix engine", (signal) => api.get("/v1/desks/engine", { signal }));
  const job = findJob(query.value.get("job") ?? "");
  const missing = there.data && !there.data.installed ? there.data.remedy : "";
  const begin = (): void => {
    setTrouble(null);
    const plan = { inputs: inputs.value.map(({ source }) => ({ source })), desk: desk.value, prompt: { caption: said.caption(names.value) } };
    submit("mix", plan, crypto.randomUUID()).then(
      (made) => ask({ job: made.id }),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  const made = job?.state === "succeeded" ? job.takes[0] : undefined;
  return (
    <section class="panel stack" aria-label={said.mixed}>
      <div class="row">
        <button type="button" class="button main" disabled={Boolean(missing) || Boolean(wrong.value)} onClick={begin}>{said.mix}</button>
        <button type="button" class="button" onClick={toRules}>{said.auto}</button>
        <span class="soft">{said.mixWhat}</span>
      </div>
      {missing && <p class="bad-text small">{said.noEngine} <code>{missing}</code></p>}
      {trouble && <Failure trouble={trouble} />}
      {job && !made && <JobCard job={job} />}
      {made && <Made id={made} />}
    </section>
  );
}

/** To the panel below the strips in which the rules are asked. */
function toRules(): void {
  const panel = document.getElementById("automatic");
  panel?.scrollIntoView({ block: "start" });
  panel?.querySelector("input")?.focus({ preventScroll: true });
}

function Made({ id }: { id: string }) {
  const found = useLoad(`mix ${id}`, (signal) => api.get("/v1/takes/{take}", { path: { take: id }, signal }));
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return null;
  const take = found.data.take;
  const sound = soundOf(take);
  const playing = engine.playing.value && engine.sound.value?.key === sound.key;
  const lufs = take.meters?.["loudness_lufs"];
  const peak = take.meters?.["true_peak_db"] ?? take.meters?.["true_peak_dbtp"];
  return (
    <div class="row made">
      <button type="button" class="button" onClick={() => engine.toggle(sound)}>
        <Icon name={playing ? "pause" : "play"} />
        {said.hear}
      </button>
      <span class="soft small grow">{[clock(take.seconds), typeof lufs === "number" && `${lufs.toFixed(1)} LUFS`, typeof peak === "number" && `${peak.toFixed(1)} dBTP`].filter(Boolean).join(" · ")}</span>
      <a class="button" href={`/takes/${take.id}`}>{said.toTake}</a>
      <a class="button" download={`${take.id}.zip`} href={address("/v1/takes/{take}/stems", { take: take.id })} title={said.handOverWhat}>
        <Icon name="export" />
        {said.handOver}
      </a>
    </div>
  );
}
