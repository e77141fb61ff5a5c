/// Jobs: what runs, what waits, what failed and the one thing to do, what is done.
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import { useLoad, asTrouble } from "../../api/load";
import { Empty, Failure, Ghost } from "../../parts/states";
import { findJob, type Job, jobs, queued, running } from "../../state/jobs";
import { said } from "../../strings/jobs";
import { JobCard } from "./card";
import { DoneRow, WaitingRow } from "./rows";
import "./jobs.css";

const FEW = 20;

export function Jobs({ rest }: { rest: readonly string[] }) {
  return rest[0] ? <One id={rest[0]} /> : <All />;
}

function All() {
  const first = useLoad("jobs", (signal) => api.get("/v1/jobs", { query: { limit: 100 }, signal }));
  const crew = useLoad(`crew${running.value.length}.${queued.value.length}`, (signal) => api.get("/v1/workers", { signal }));
  const [more, setMore] = useState(FEW);
  const every = jobs.value;
  const failed = every.filter((job) => job.state === "failed");
  const over = every.filter((job) => job.state === "succeeded");
  const cancelled = every.filter((job) => job.state === "cancelled");
  const waiting = [...queued.value].sort((a, b) => a.priority - b.priority || a.created - b.created);
  if (first.error && !every.length) return <Failure trouble={first.error} again={first.again} />;
  if (!first.data && !every.length) return (<><h1>{said.title}</h1><Ghost height={180} /></>);
  if (!every.length) return <Nothing />;
  return (
    <div class="jobs stack">
      <header class="head">
        <h1>{said.title}</h1>
        <p class="soft">{said.summary(running.value.length, waiting.length, failed.length)}</p>
      </header>
      {crew.data?.stuck && (
        <section class="error">
          <strong>{said.stuck}</strong>
          <p>{crew.data.stuck}</p>
        </section>
      )}
      {running.value.length > 0 && <Group name={said.running}>{running.value.map((job) => <JobCard key={job.id} job={job} />)}</Group>}
      {failed.length > 0 && <Group name={said.failed}>{failed.map((job) => <JobCard key={job.id} job={job} />)}</Group>}
      {waiting.length > 0 && (
        <Group name={said.queued}>
          <ol class="rows">{waiting.map((job, i) => <WaitingRow key={job.id} job={job} first={i === 0} before={waiting[0]!.priority} />)}</ol>
        </Group>
      )}
      {over.length > 0 && (
        <Group name={said.over}>
          <ul class="rows">{over.slice(0, more).map((job) => <DoneRow key={job.id} job={job} />)}</ul>
          {over.length > more && (
            <button type="button" class="button quiet" onClick={() => setMore(more + 100)}>
              {said.more}
            </button>
          )}
        </Group>
      )}
      {cancelled.length > 0 && (
        <Group name={said.cancelledOnes}>
          <ul class="rows">{cancelled.slice(0, more).map((job) => <DoneRow key={job.id} job={job} />)}</ul>
        </Group>
      )}
    </div>
  );
}

function Group({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <section class="group" aria-label={name}>
      <h2>{name}</h2>
      {children}
    </section>
  );
}

function One({ id }: { id: string }) {
  const known: Job | undefined = findJob(id);
  const found = useLoad(`job${id}${known?.state ?? ""}`, (signal) => api.get("/v1/jobs/{job}", { path: { job: id }, signal }));
  const job = known ?? found.data;
  return (
    <div class="jobs stack">
      <p>
        <a href="/jobs">{said.all}</a>
      </p>
      {job ? <JobCard job={job} open /> : found.error ? found.error.status === 404 ? <Empty title={said.notThere}><p>{said.notThereWhat}</p></Empty> : <Failure trouble={asTrouble(found.error)} again={found.again} /> : <Ghost height={220} />}
    </div>
  );
}

function Nothing() {
  return (
    <>
      <h1>{said.title}</h1>
      <Empty
        title={said.empty}
        action={
          <>
            <a class="button main" href="/make">{said.toMake}</a>
            <a class="button" href="/tracks">{said.toTracks}</a>
          </>
        }
      >
        <p>{said.emptyWhat}</p>
        <p>{said.emptyHow}</p>
      </Empty>
    </>
  );
}
