/// The panel of a sound that is listened to closely: its report, repairs, and what was repaired before.
import { useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { Trouble } from "../api/client";
import { asTrouble, type Loaded } from "../api/load";
import { Failure, Ghost } from "../parts/states";
import type { Sound } from "../player/engine";
import { isOver, submit } from "../state/jobs";
import { said } from "../strings/ears";
import { Defects, Loudness } from "./defects";
import "./ears.css";
import { RepairAll, type Repairing, RepairState } from "./repair";
import { type Defect, faultsOf, jobsOn, type Kept, repairable, type Subject } from "./report";

interface Properties {
  subject: Subject;
  id: string;
  sound: Sound;
  report: Loaded<Kept>;
  chosen: Defect | null;
  onChoose: (defect: Defect | null) => void;
  /** Absent where nothing is repaired. */
  repairs?: Repairing;
  /** What it is called on the command line. */
  name?: string;
  children?: ComponentChildren;
}

export function EarsPanel({ subject, id, sound, report, chosen, onChoose, repairs, name, children }: Properties) {
  const busy = repairs?.job ? !isOver(repairs.job) : false;
  const kept = report.data;
  return (
    <section class="panel wide ears" aria-labelledby="ears-title">
      <h2 id="ears-title">{said.title}</h2>
      {!kept && !report.error && <div role="status"><span class="hidden">{said.listening}</span><Ghost height={120} /></div>}
      {report.error && !kept && (report.error.status === 404 ? <ByJob id={id} /> : <Failure trouble={report.error} again={report.again} />)}
      {kept && (
        <Defects kept={kept} sound={sound} chosen={chosen} onChoose={onChoose} busy={busy}
          {...(repairs ? { onRepair: (one: Defect | null) => void repairs.start(one, null) } : {})} />
      )}
      {repairs && kept && (faultsOf(kept).length > 0 || repairs.job) && (
        <>
          {repairable(faultsOf(kept)).length > 0 && (
            <RepairAll id={name ?? id} busy={busy} plays={subject === "take"} start={repairs.start} />
          )}
          <RepairState key={id} job={repairs.job} trouble={repairs.trouble} />
        </>
      )}
      {children}
      {kept && <Loudness kept={kept} />}
    </section>
  );
}

/** What nobody listened to, and the server does not while one waits. */
function ByJob({ id }: { id: string }) {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const job = jobsOn("inspect", id)[0];
  const going = job !== undefined && !isOver(job);
  const ask = (): void => {
    setTrouble(null);
    submit("inspect", { subject: id }, crypto.randomUUID()).catch((error: unknown) => setTrouble(asTrouble(error)));
  };
  return (
    <>
      <p class="soft">{said.longWhat}</p>
      <div class="row">
        <button type="button" class="button" disabled={going} onClick={ask}>{going ? said.listening : said.inspect}</button>
      </div>
      {job?.state === "failed" && <p class="bad-text small" role="alert">{[job.error?.message, job.error?.remedy].filter(Boolean).join(". ")}</p>}
      {trouble && <Failure trouble={trouble} />}
    </>
  );
}
