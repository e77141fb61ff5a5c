/// A new release: its licence, what goes with it, and what it would lack if it were made now.
import { useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Failure, Ghost } from "../../parts/states";
import { ask, query } from "../../router";
import { findJob, submit } from "../../state/jobs";
import { takesVersion } from "../../state/takes";
import { say } from "../../state/toasts";
import { said } from "../../strings/releases";
import { JobCard } from "../jobs/card";
import { Lacks } from "./releases";

const MOST_TAKES = 20;

export function NewRelease({ producer, slug }: { producer: string; slug: string }) {
  const [licence, setLicence] = useState("");
  const [takes, setTakes] = useState(3);
  const [merged, setMerged] = useState(false);
  const [titles, setTitles] = useState(true);
  const [unsaid, setUnsaid] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const job = findJob(query.value.get("job") ?? "");
  const known = takes >= 0 && takes <= MOST_TAKES ? takes : 3;
  const plan = useLoad(`release${slug}`, (signal) => api.get("/v1/releases/plan", { query: { producer: slug, takes: known }, signal }), takesVersion.value * (MOST_TAKES + 1) + known);
  const { data } = plan;
  const runs = job && !["succeeded", "cancelled"].includes(job.state);
  const begin = (event: Event): void => {
    event.preventDefault();
    const named = licence.trim();
    setUnsaid(!named && !data?.stated);
    if (!named && !data?.stated) return;
    setTrouble(null);
    submit("release", { subject: slug, ...(named ? { licence: named } : {}), takes: known, merged, titles }, crypto.randomUUID()).then(
      (made) => (say(said.asked), ask({ job: made.id })),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  const command = ["twin", "release", "make", producer, ...(licence.trim() ? ["--licence", licence.trim()] : []), "--takes", String(known), ...(merged ? ["--merged"] : []), ...(titles ? [] : ["--no-titles"])];
  return (
    <section class="panel stack new-release">
      <h2>{said.begin}</h2>
      <form class="stack" onSubmit={begin}>
        <div class="fields">
          <label class="field">
            <span>{said.licence}</span>
            <input type="text" list="release-licences" maxLength={200} value={licence} placeholder={data?.stated ? said.licenceStated(data.stated) : said.licenceHint} aria-invalid={unsaid} onInput={(event) => (setLicence(event.currentTarget.value), setUnsaid(false))} />
            {unsaid && <span class="bad-text small" role="alert">{said.needLicence}</span>}
          </label>
          <datalist id="release-licences">{said.licences.map(([name, text]) => <option key={name} value={name}>{text}</option>)}</datalist>
          <label class="field">
            <span>{said.takes}</span>
            <input type="number" min={0} max={MOST_TAKES} value={takes} title={said.takesWhat} onInput={(event) => setTakes(event.currentTarget.valueAsNumber)} />
          </label>
        </div>
        <label class="check"><input type="checkbox" checked={merged} onChange={(event) => setMerged(event.currentTarget.checked)} />{said.merged(data?.variant ?? "")}</label>
        <label class="check"><input type="checkbox" checked={titles} onChange={(event) => setTitles(event.currentTarget.checked)} />{said.titles}</label>
        {plan.error && !data ? <Failure trouble={plan.error} again={plan.again} /> : !data ? <Ghost height={120} /> : (
          <>
            <div>
              <h3 class="label">{said.would}</h3>
              <p>{said.inside(data.songs, data.takes.length, merged, data.variant)}</p>
              {data.answer && <p class="soft">{data.answer}</p>}
            </div>
            <Lacks gaps={data.gaps.map((gap) => gap.kind)} takes={data.takes.length} producer={producer} slug={slug} variant={data.variant} />
          </>
        )}
        {trouble && <Failure trouble={trouble} />}
        <div class="row">
          <button type="submit" class="button main" disabled={!data}>{said.make}</button>
          <span class="grow" />
          <CopyCommand command={command} />
        </div>
      </form>
      {runs && <JobCard job={job} />}
    </section>
  );
}
