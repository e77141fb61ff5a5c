/// What a job told: its log from its beginning, and of a pipeline how far each stage is.
import { useEffect, useState } from "preact/hooks";
import { api, type Schemas, type Trouble } from "../../api/client";
import { hear } from "../../api/events";
import { asTrouble } from "../../api/load";
import { isOver, type Job } from "../../state/jobs";
import { time } from "../../strings";
import { said } from "../../strings/jobs";
import { sentenceOf } from "../../strings/pipelines";

type Line = Schemas["ToldLine"];
const PART = 500;
const MOST = 2000;

/** The log of a job, read from its beginning and gone on with as the job tells more. */
export function useLog(job: string): { lines: readonly Line[]; trouble: Trouble | null } {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  useEffect(() => {
    const control = new AbortController();
    let known: readonly Line[] = [];
    let reading = false;
    let missed = false;
    const go = async (): Promise<void> => {
      if (reading) return void (missed = true);
      reading = true;
      try {
        do {
          missed = false;
          const page = await api.get("/v1/jobs/{job}/updates", { path: { job }, query: { after: known.at(-1)?.id ?? 0, limit: PART }, signal: control.signal });
          known = [...known, ...page.items].slice(-MOST);
          setLines(known);
          missed ||= page.next !== null;
        } while (missed && !control.signal.aborted);
      } catch (error) {
        if (!control.signal.aborted) setTrouble(asTrouble(error));
      } finally {
        reading = false;
      }
    };
    void go();
    const end = hear((event) => {
      if (event.kind === "again" || event.kind === "reset" || (event.data as { job?: string }).job === job) void go();
    });
    return () => (control.abort(), end());
  }, [job]);
  return { lines, trouble };
}

/** Lines with their times; of progress only the last of each part, so that what matters is not buried. */
export function Log({ lines }: { lines: readonly Line[] }) {
  const shown = lines.filter((one, i) => one.kind !== "progress" || lines[i + 1]?.kind !== "progress");
  return <pre class="log" tabindex={0}>{shown.map((one) => `${time(new Date(one.at * 1000))}  ${said.line(one)}`).join("\n")}</pre>;
}

interface Named {
  id: string;
  stage: Record<string, unknown>;
}

/** The stages of a pipeline job, each with what became of it. */
export function Stages({ job }: { job: Job }) {
  const { lines } = useLog(job.id);
  const stages = ((job.plan["pipeline"] as { stages?: readonly Named[] } | null | undefined)?.stages ?? []).map((one) => ({ id: one.id, stage: (one.stage ?? one) as Record<string, unknown> }));
  if (!stages.length) return null;
  const kept = new Map(lines.filter((one) => one.kind === "kept").map((one) => [one.text, one.takes]));
  const now = isOver(job) || job.state === "queued" ? -1 : stages.findIndex((one) => !kept.has(one.id));
  return (
    <ol class="stage-states" aria-label={said.stagesOf}>
      {stages.map((one, i) => {
        const state = kept.has(one.id) || job.state === "succeeded" ? "done" : i === now ? "now" : "next";
        const takes = kept.get(one.id) ?? [];
        return (
          <li key={one.id} class={state}>
            <span class="grow cut">{sentenceOf(one.stage as never)}</span>
            {takes.length > 0 && <a class="small" href={`/takes/${takes[0]}`}>{said.takes(takes.length)}</a>}
            <span class="small soft">{said.stageStates[state]}{state === "now" && job.progress?.total ? ` · ${said.step(job.progress.done ?? 0, job.progress.total)}` : ""}</span>
          </li>
        );
      })}
    </ol>
  );
}
