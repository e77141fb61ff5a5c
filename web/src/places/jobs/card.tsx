/// One job as a card: how far it is, what went wrong and the one thing to do, its attempts, and what was asked.
import { useState } from "preact/hooks";
import { Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";
import { CopyCommand, copy } from "../../parts/copy";
import { Icon } from "../../parts/icons";
import { Failure } from "../../parts/states";
import { change, isOver, type Job, share } from "../../state/jobs";
import { ago, span, withoutHashes, words } from "../../strings";
import { said } from "../../strings/jobs";
import { Log, Stages, useLog } from "./log";
import { aboutOf, commandOf, resultsOf, subjectOf } from "./tell";

/** Cancel or retry, and show what went wrong where it does. */
export function useChange(): { trouble: Trouble | null; act: (id: string, what: "cancel" | "retry") => void } {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const act = (id: string, what: "cancel" | "retry"): void => {
    setTrouble(null);
    change(id, what).catch((error: unknown) => setTrouble(asTrouble(error)));
  };
  return { trouble, act };
}

export function JobCard({ job, open = false }: { job: Job; open?: boolean }) {
  const { trouble, act } = useChange();
  const [shown, setShown] = useState(open);
  const part = share(job);
  const left = job.progress?.seconds_left ?? job.seconds_left;
  const subject = job.state === "succeeded" ? null : subjectOf(job);
  const runs = !isOver(job) && job.state !== "queued";
  return (
    <article class={`panel job ${job.state}`}>
      <header class="row">
        <h3 class="grow cut">
          <a href={`/jobs/${job.id}`}>{said.kind(job.kind)}</a> <span class="soft about">{aboutOf(job)}</span>
        </h3>
        <span class={`chip${job.state === "failed" ? " bad" : runs ? " known" : ""}`}>{words.jobs.states[job.state]}</span>
      </header>
      {runs && (
        <>
          <div class="bar" role="progressbar" aria-label={said.kind(job.kind)} aria-valuemin={0} aria-valuemax={100} aria-valuenow={part === null ? undefined : Math.round(part * 100)}>
            <i class={part === null ? "unknown" : ""} style={{ transform: `scaleX(${part ?? 1})` }} />
          </div>
          <p class="row soft small told">
            <span class="grow cut">{job.waiting ?? (job.state === "stopping" ? said.stopping : job.progress?.text) ?? ""}</span>
            {job.progress?.total ? <span>{said.step(job.progress.done ?? 0, job.progress.total)}</span> : null}
            {left ? <span>{said.left(span(left))}</span> : null}
          </p>
        </>
      )}
      {job.state === "failed" && job.error && (
        <div class="wrong">
          <p>{withoutHashes(job.error.message)}</p>
          {job.error.remedy && <p class="remedy">{capital(job.error.remedy)}</p>}
        </div>
      )}
      {job.state === "succeeded" && job.text && <p class="soft">{job.text}</p>}
      {trouble && <Failure trouble={trouble} />}
      <div class="row">
        {resultsOf(job).map((one) => (
          <a key={one.href} class="button" href={one.href}>{one.name}</a>
        ))}
        {!isOver(job) && (
          <button type="button" class="button" disabled={job.state === "stopping"} onClick={() => act(job.id, "cancel")}>
            {runs ? said.stop : said.cancel}
          </button>
        )}
        {(job.state === "failed" || job.state === "cancelled") && (
          <button type="button" class="button main" title={said.retryHint} onClick={() => act(job.id, "retry")}>
            {said.retry}
          </button>
        )}
        {subject && <a class="button quiet" href={subject.href}>{subject.name}</a>}
        <span class="grow" />
        <CopyCommand command={commandOf(job)} />
      </div>
      {job.kind === "pipeline" && <Stages job={job} />}
      <details class="fold" open={shown} onToggle={(event) => setShown(event.currentTarget.open)}>
        <summary>{said.details}</summary>
        {shown && <Details job={job} />}
      </details>
    </article>
  );
}

function Details({ job }: { job: Job }) {
  const log = useLog(job.id);
  return (
    <div class="stack details">
      {job.attempts.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label={said.attempts}>
          <table class="plain">
            <thead>
              <tr>
                {[said.attempt, said.began, said.took, said.device, said.ended, said.why].map((one) => <th key={one} scope="col">{one}</th>)}
              </tr>
            </thead>
            <tbody>
              {job.attempts.map((one) => (
                <tr key={one.number}>
                  <td>{one.number}</td>
                  <td>{ago(new Date(one.started * 1000))}</td>
                  <td>{one.ended ? span(one.ended - one.started) : ""}</td>
                  <td>{one.device}</td>
                  <td>{said.attemptStates[one.state] ?? one.state}</td>
                  <td>{[one.message, one.remedy].filter(Boolean).map((text) => capital(withoutHashes(text!))).join(". ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div>
        <h4 class="label">{said.log}</h4>
        {log.trouble ? <Failure trouble={log.trouble} /> : log.lines.length ? <Log lines={log.lines} /> : <p class="faint small">{isOver(job) ? said.noLogAtAll : said.noLog}</p>}
      </div>
      <div>
        <h4 class="label">{said.plan}</h4>
        <pre class="log" tabindex={0}>{JSON.stringify(job.plan, null, 2)}</pre>
      </div>
      <button type="button" class="button quiet" onClick={() => void copy(job.id, job.id)}>
        <Icon name="copy" />
        {said.copyId}
      </button>
    </div>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
