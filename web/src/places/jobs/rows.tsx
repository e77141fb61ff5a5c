/// Jobs as rows: those that wait, with their place in the queue, and those that are over, with what they made.
import { useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";
import { Failure } from "../../parts/states";
import { type Job, refreshJob } from "../../state/jobs";
import { say } from "../../state/toasts";
import { ago, span, words } from "../../strings";
import { said } from "../../strings/jobs";
import { useChange } from "./card";
import { aboutOf, resultsOf } from "./tell";

export function WaitingRow({ job, first, before }: { job: Job; first: boolean; before: number }) {
  const { trouble, act } = useChange();
  const [wrong, setWrong] = useState<Trouble | null>(null);
  const move = (priority: number): void => {
    api.put("/v1/jobs/{job}/priority", { path: { job: job.id }, body: { priority } }).then(
      () => refreshJob(job.id),
      (error: unknown) => setWrong(asTrouble(error)),
    );
  };
  const cancel = (): void => {
    act(job.id, "cancel");
    say(said.undone(said.kind(job.kind)), { action: { label: words.undo, run: () => act(job.id, "retry") } });
  };
  return (
    <li>
      <Name job={job} />
      <span class="faint small">{job.seconds_left ? said.about(span(job.seconds_left)) : said.asked(ago(new Date(job.created * 1000)))}</span>
      <span class="row">
        <label class="row place-field">
          <span class="label">{said.place}</span>
          <input type="number" min={1} max={1000} value={job.priority} aria-label={said.priority} title={said.priority} onChange={(event) => move(Number(event.currentTarget.value))} />
        </label>
        {!first && (
          <button type="button" class="button quiet" onClick={() => move(Math.max(1, before - 1))}>
            {said.first}
          </button>
        )}
        <button type="button" class="button quiet" onClick={cancel}>
          {said.cancel}
        </button>
      </span>
      {(trouble ?? wrong) && <Failure trouble={(trouble ?? wrong)!} />}
    </li>
  );
}

export function DoneRow({ job }: { job: Job }) {
  const { trouble, act } = useChange();
  const last = job.attempts.at(-1);
  return (
    <li>
      <Name job={job} />
      <span class="faint small">
        {[job.state === "succeeded" && last?.ended ? span(last.ended - last.started) : "", ago(new Date((last?.ended ?? job.created) * 1000))].filter(Boolean).join(" · ")}
      </span>
      <span class="row">
        {resultsOf(job).map((one) => (
          <a key={one.href} class="button quiet" href={one.href}>{one.name}</a>
        ))}
        {job.state === "cancelled" && (
          <button type="button" class="button quiet" title={said.cancelled} onClick={() => act(job.id, "retry")}>
            {said.retry}
          </button>
        )}
      </span>
      {trouble && <Failure trouble={trouble} />}
    </li>
  );
}

function Name({ job }: { job: Job }) {
  return (
    <span class="grow cut">
      <a href={`/jobs/${job.id}`}>{said.kind(job.kind)}</a> <span class="soft">{aboutOf(job)}</span>
    </span>
  );
}
