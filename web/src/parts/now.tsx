/// One line that says what runs now; it opens Jobs.
import { connected } from "../api/events";
import { queued, running, share } from "../state/jobs";
import { span, words } from "../strings";

export function Now() {
  const job = running.value[0];
  const waiting = queued.value.length + Math.max(0, running.value.length - 1);
  if (connected.value === false) return <p class="now bad">{words.frame.offline}</p>;
  if (!job) return queued.value.length ? <a class="now" href="/jobs">{words.frame.more(waiting)}</a> : <p class="now">{words.frame.quiet}</p>;
  const part = share(job);
  return (
    <a class="now" href="/jobs">
      <span>{words.jobs.kind(job.kind)}</span>
      <span class="cut">{job.progress?.text}</span>
      <span class="far">
        {[part !== null && words.frame.percent(part), job.seconds_left ? words.frame.left(span(job.seconds_left)) : "", waiting > 0 && words.frame.more(waiting)]
          .filter(Boolean).join(" · ")}
      </span>
      <span class="bar">
        <i style={{ transform: `scaleX(${part ?? 0})` }} />
      </span>
    </a>
  );
}
