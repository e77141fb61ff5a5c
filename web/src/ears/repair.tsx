/// Repair: a click makes a job; what it made stands beside what was there, to be heard at one clock, kept or undone.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, type Trouble } from "../api/client";
import { asTrouble, useLoad } from "../api/load";
import { CopyCommand } from "../parts/copy";
import { write } from "../parts/number";
import { Failure } from "../parts/states";
import * as engine from "../player/engine";
import { change, isOver, type Job, share, submit } from "../state/jobs";
import { takesVersion } from "../state/takes";
import { say } from "../state/toasts";
import { words } from "../strings";
import { said } from "../strings/ears";
import { stretchOf } from "./defects";
import { type Defect, jobsOn, kindOf, type RepairRecord } from "./report";

export interface Repairing {
  job: Job | null;
  trouble: Trouble | null;
  records: readonly RepairRecord[];
  /** Mend one defect, or all. */
  start: (defect: Defect | null, budget: number | null) => Promise<void>;
  again: () => void;
}

/** The repairs of a take or a file, and the one that is going on. */
export function useRepairs(id: string): Repairing {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const job = jobsOn("repair", id)[0] ?? null;
  const over = jobsOn("repair", id).filter(isOver).length;
  const found = useLoad(`repairs ${id} ${over} ${takesVersion.value}`, (signal) => api.get("/v1/repairs", { query: { subject: id, limit: 100 }, signal }));
  const start = async (defect: Defect | null, budget: number | null): Promise<void> => {
    setTrouble(null);
    const one = defect && { only: [defect.kind], ...(kindOf(defect.kind).span === "whole" ? {} : { at: [middle(defect)] }) };
    const played = budget ?? (defect && !kindOf(defect.kind).edits.length ? 1 : 0);
    try {
      await submit("repair", { subject: id, ...one, budget: played }, crypto.randomUUID());
    } catch (error) {
      setTrouble(asTrouble(error));
    }
  };
  return { job, trouble, records: found.data?.items.filter((one) => !one.gone) ?? [], start, again: found.again };
}

const middle = (one: Defect): number => Math.max(0, ((one.start ?? 0) + (one.end ?? 0)) / 2);

/** How the repair that goes on stands, or why it changed nothing. */
export function RepairState({ job, trouble }: Pick<Repairing, "job" | "trouble">) {
  const first = useRef(job && isOver(job) ? job.id : "");
  if (trouble) return <Failure trouble={trouble} />;
  if (!job || job.id === first.current) return null;
  if (isOver(job)) {
    const text = job.state === "cancelled" ? said.cancelled : job.state === "failed" ? [job.error?.message, job.error?.remedy].filter(Boolean).join(". ") : job.text;
    return <p class={job.things.length ? "hidden" : "repair-state"} role="status">{text}</p>;
  }
  const part = share(job);
  return (
    <div class="repair-state row" role="status">
      <span class="grow">
        {job.state === "queued" ? said.waits : `${said.repairing}${part === null ? "" : `, ${words.frame.percent(part)}`}`}
        {job.progress?.text && <span class="soft small cut"> {job.progress.text}</span>}
      </span>
      <button type="button" class="button" disabled={job.state === "stopping"} onClick={() => void change(job.id, "cancel").catch((error: unknown) => say(asTrouble(error).detail, { bad: true }))}>
        {said.cancel}
      </button>
    </div>
  );
}

interface PairProperties {
  record: RepairRecord;
  before: engine.Sound;
  after: engine.Sound;
  /** What to do with it: open it, or save it. */
  keep: preact.ComponentChildren;
  undo: () => Promise<void>;
  /** Whether it was made just now. */
  fresh: boolean;
}

/** A repair that was kept: scores before and after, and both sounds at one clock. */
export function Pair({ record, before, after, keep, undo, fresh }: PairProperties) {
  const button = useRef<HTMLButtonElement>(null);
  const { a, b } = engine.slots.value;
  const paired = a?.key === before.key && b?.key === after.key;
  const side = engine.active.value;
  const mended = [...new Set(record.attempts.filter((one) => one.kept).map((one) => one.kind))];
  useEffect(() => {
    if (fresh) button.current?.focus({ preventScroll: false });
  }, []);
  const compare = async (): Promise<void> => {
    if (paired) return (engine.playing.value ? engine.pause() : void engine.resume());
    const place = record.found.find((one) => mended.includes(one.kind) && one.severity !== "info" && kindOf(one.kind).span !== "whole");
    const stretch = place && (place.start ?? 0) >= (record.cut_seconds ?? 0) ? stretchOf(place, before.seconds) : null;
    await engine.play(before, stretch?.start ?? 0);
    await engine.compare(after);
    engine.setLoop(stretch);
  };
  return (
    <li class="pair">
      <div class="grow">
        <p><strong>{said.from(write(record.score_before ?? 0, 1), write(record.score_after ?? 0, 1))}</strong></p>
        <p class="soft small">
          {[mended.length && said.mended(mended.map((kind) => kindOf(kind).words).join(", ")), record.changed_seconds && said.changed(write(record.changed_seconds, 3)),
            record.cut_seconds && said.cut(write(record.cut_seconds, 2))].filter(Boolean).join("; ")}
        </p>
      </div>
      <div class="row">
        <button ref={button} type="button" class="button" aria-pressed={paired && engine.playing.value} onClick={() => void compare()}>{said.compare}</button>
        {paired && (
          <span class="row" role="group" aria-label={said.hearing}>
            <button type="button" class="button" aria-pressed={side === "a"} onClick={() => engine.swap("a")}>{said.before}</button>
            <button type="button" class="button" aria-pressed={side === "b"} onClick={() => engine.swap("b")}>{said.after}</button>
          </span>
        )}
        {keep}
        <button type="button" class="button quiet" onClick={() => void undo()}>{said.undo}</button>
      </div>
    </li>
  );
}

/** Mend everything, and how much of it may be played anew. */
export function RepairAll({ id, busy, plays, start }: { id: string; busy: boolean; plays: boolean; start: Repairing["start"] }) {
  const [budget, setBudget] = useState(0);
  return (
    <div class="row repair-all">
      <button type="button" class="button main" disabled={busy} onClick={() => void start(null, plays ? budget : 0)}>{said.repairAll}</button>
      {plays && (
        <label class="field budget" title={said.budgetWhat}>
          <span>{said.budget}</span>
          <input type="number" min={0} max={50} step={1} value={budget} onInput={(event) => setBudget(Math.min(50, Math.max(0, Math.round(Number(event.currentTarget.value) || 0))))} />
        </label>
      )}
      <CopyCommand command={["twin", "repair", id, ...(plays ? ["--budget", String(budget)] : [])]} />
    </div>
  );
}
