/// Jobs as the server tells of them: what runs, what waits, what ended while this page looked.
import { computed, signal } from "@preact/signals";
import { api, type Schemas } from "../api/client";
import { hear } from "../api/events";
import { words } from "../strings";
import { say } from "./toasts";
import { takesChanged } from "./takes";

export type Job = Schemas["JobFacts"];
/** A row of the stream: something that a job told, or that became of it. */
interface Told {
  job: string;
  kind: string;
  text?: string;
  done?: number;
  total?: number;
  seconds_left?: number;
  takes?: readonly string[];
}

const OVER = new Set(["succeeded", "failed", "cancelled"]);
const known = signal<ReadonlyMap<string, Job>>(new Map());
/** Every job that is known here, the newest first. */
export const jobs = computed(() => [...known.value.values()].sort((a, b) => b.created - a.created || (a.id < b.id ? -1 : 1)));
export const running = computed(() => jobs.value.filter((job) => ["running", "stopping", "waiting"].includes(job.state)));
export const queued = computed(() => jobs.value.filter((job) => job.state === "queued"));
/** Takes that each running job has stored so far. */
export const arrived = signal<ReadonlyMap<string, readonly string[]>>(new Map());

export const isOver = (job: Job): boolean => OVER.has(job.state);
export const findJob = (id: string): Job | undefined => known.value.get(id);
/** Share that is done, 0 to 1, where it is known. */
export const share = (job: Job): number | null => (job.progress?.total ? (job.progress.done ?? 0) / job.progress.total : null);

function put(job: Job): void {
  const before = known.value.get(job.id);
  known.value = new Map(known.value).set(job.id, job);
  if (isOver(job) && before && !isOver(before)) announce(job);
}

function announce(job: Job): void {
  takesChanged();
  if (job.state === "succeeded" && job.kind !== "inspect") say(words.jobs.done(job.kind, job.takes.length));
  if (job.state === "failed") say(words.jobs.failed(job.kind, job.error?.message ?? ""), { bad: true });
}

/** Read the newest jobs anew. */
export async function refreshJobs(): Promise<void> {
  for (const job of (await api.get("/v1/jobs", { query: { limit: 100 } })).items) put(job);
}

/** Read one job anew. */
export async function refreshJob(job: string): Promise<void> {
  put(await api.get("/v1/jobs/{job}", { path: { job } }));
}

/** Send work to be done; the same `key` again is the same job, so that a click that is sent twice makes one. */
export async function submit(kind: string, plan: Record<string, unknown>, key: string): Promise<Job> {
  const job = await api.post("/v1/jobs", { body: { kind, plan } as never, key });
  put(job);
  return job;
}

/** Cancel, or try again. */
export async function change(job: string, what: "cancel" | "retry"): Promise<void> {
  put(what === "cancel" ? await api.post("/v1/jobs/{job}/cancel", { path: { job } }) : await api.post("/v1/jobs/{job}/retry", { path: { job } }));
}

function take(told: Told): void {
  if (told.kind === "take") {
    arrived.value = new Map(arrived.value).set(told.job, [...(arrived.value.get(told.job) ?? []), ...(told.takes ?? [])]);
    takesChanged();
  }
  const job = known.value.get(told.job);
  if (!job || told.kind !== "progress") {
    if (told.job && told.kind !== "take") refreshJob(told.job).catch(() => undefined);
    return;
  }
  const progress = { text: told.text ?? "", done: told.done ?? null, total: told.total ?? null, seconds_left: told.seconds_left ?? null };
  put({ ...job, progress, seconds_left: progress.seconds_left });
}

/** Follow the stream from now on. */
export function followJobs(): void {
  const anew = (): void => void refreshJobs().catch(() => undefined);
  anew();
  hear((event) => {
    if (event.kind === "reset" || event.kind === "again") (anew(), takesChanged());
    if (event.kind === "library") takesChanged();
    if (event.kind === "job" || event.kind === "take") take(event.data as unknown as Told);
  });
}
