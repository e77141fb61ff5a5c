/// Jobs as the server tells of them: what runs, what waits, what ended while this page looked.
import { computed, signal } from "@preact/signals";
import { fetchFrom } from "../api/client";
import { hear } from "../api/events";
import { words } from "../strings";
import { say } from "./toasts";
import { takesChanged } from "./takes";

export interface Job {
  id: string;
  kind: string;
  state: "queued" | "running" | "waiting" | "stopping" | "succeeded" | "failed" | "cancelled";
  queue: string;
  priority: number;
  created: number;
  plan: Record<string, unknown>;
  attempts: readonly { number: number; device: string; started: number; ended?: number | null; state: string; error?: string | null; message?: string | null; remedy?: string | null }[];
  outcome?: { text: string; takes: readonly string[] } | null;
  waiting?: string | null;
  last?: Update | null;
  seconds_left?: number | null;
}
export interface Update {
  id: number;
  job: string;
  at: number;
  kind: string;
  text: string;
  done?: number | null;
  total?: number | null;
  seconds_left?: number | null;
  takes?: readonly string[];
}

const OVER = new Set(["succeeded", "failed", "cancelled"]);
const known = signal<ReadonlyMap<string, Job>>(new Map());
/** Every job that is known here, the newest first. */
export const jobs = computed(() => [...known.value.values()].sort((a, b) => b.created - a.created || (a.id < b.id ? -1 : 1)));
export const running = computed(() => jobs.value.filter((job) => ["running", "stopping", "waiting"].includes(job.state)));
export const queued = computed(() => jobs.value.filter((job) => job.state === "queued"));

export const isOver = (job: Job): boolean => OVER.has(job.state);
export const findJob = (id: string): Job | undefined => known.value.get(id);
/** Share that is done, 0 to 1, where it is known. */
export const share = (job: Job): number | null => (job.last?.total ? (job.last.done ?? 0) / job.last.total : null);

function put(job: Job): void {
  const before = known.value.get(job.id);
  known.value = new Map(known.value).set(job.id, job);
  if (isOver(job) && before && !isOver(before)) announce(job);
}

function announce(job: Job): void {
  takesChanged();
  if (job.state === "succeeded") say(words.jobs.done(job.kind, job.outcome?.takes.length ?? 0));
  if (job.state === "failed") say(words.jobs.failed(job.kind, job.attempts.at(-1)?.message ?? ""), { bad: true });
}

/** Read the newest jobs anew. */
export async function refreshJobs(): Promise<void> {
  const page = (await (await fetchFrom("/v1/jobs?limit=100")).json()) as { items: Job[] };
  for (const job of page.items) put(job);
}

/** Read one job anew. */
export async function refreshJob(id: string): Promise<void> {
  put((await (await fetchFrom(`/v1/jobs/${id}`)).json()) as Job);
}

/** Send work to be done; the same `key` again is the same job, so that a click that is sent twice makes one. */
export async function submit(kind: string, plan: unknown, key: string): Promise<Job> {
  const answer = await fetchFrom("/v1/jobs", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind, plan, terms: { key } }),
  });
  const job = (await answer.json()) as Job;
  put(job);
  return job;
}

/** Cancel, or try again. */
export async function change(id: string, what: "cancel" | "retry"): Promise<void> {
  put((await (await fetchFrom(`/v1/jobs/${id}/${what}`, { method: "POST" })).json()) as Job);
}

/** Follow the stream from now on. */
export function followJobs(): void {
  refreshJobs().catch(() => undefined);
  hear((event) => {
    if (event.kind === "again") refreshJobs().catch(() => undefined);
    if (event.kind === "job") put(event.data as unknown as Job);
    if (event.kind === "update") {
      const update = event.data as unknown as Update;
      const job = known.value.get(update.job);
      if (!job) void refreshJob(update.job).catch(() => undefined);
      else put({ ...job, last: update, seconds_left: update.seconds_left ?? job.seconds_left ?? null });
    }
  });
}
