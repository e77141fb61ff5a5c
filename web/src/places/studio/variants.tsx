/// The instruments and planners: what is here, what can be fetched, and how far a fetch is.
import { useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Failure, Ghost } from "../../parts/states";
import { isOver, type Job, jobs, share, submit } from "../../state/jobs";
import { span } from "../../strings";
import { bytes, said } from "../../strings/studio";

interface Fetchable {
  name: string;
  present: boolean;
  size: number;
  licence: string;
  about: string;
  steps?: number;
}
const UNMUSICAL = "tiny";

export function Variants() {
  const pulls = jobs.value.filter((job) => job.kind === "pull");
  const done = pulls.filter((job) => job.state === "succeeded").length;
  const found = useLoad(`variants${done}`, async (signal) => {
    const [variants, planners] = await Promise.all([api.get("/v1/variants", { query: { limit: 100 }, signal }), api.get("/v1/planners", { query: { limit: 100 }, signal })]);
    return { variants: variants.items as unknown as Fetchable[], planners: planners.items as unknown as Fetchable[] };
  });
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={420} />;
  return (
    <>
      <Shelf name={said.instruments} what={said.instrumentsWhat} items={found.data.variants.filter((one) => one.name !== UNMUSICAL)} pulls={pulls} />
      {found.data.planners.length > 0 && <Shelf name={said.planners} what={said.plannersWhat} items={found.data.planners} pulls={pulls} />}
    </>
  );
}

function Shelf({ name, what, items, pulls }: { name: string; what: string; items: readonly Fetchable[]; pulls: readonly Job[] }) {
  return (
    <section class="panel stack">
      <h2>{name}</h2>
      <p class="soft">{what}</p>
      <ul class="shelf">
        {items.map((one) => (
          <Item key={one.name} one={one} job={pulls.find((job) => job.plan["variant"] === one.name)} />
        ))}
      </ul>
    </section>
  );
}

function Item({ one, job }: { one: Fetchable; job: Job | undefined }) {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const fetchIt = (): void => {
    setTrouble(null);
    submit("pull", { variant: one.name }, crypto.randomUUID()).catch((error: unknown) => setTrouble(asTrouble(error)));
  };
  const running = job && !isOver(job) ? job : null;
  const part = running ? share(running) : null;
  return (
    <li>
      <div class="what">
        <strong>{one.name}</strong>
        <span class="soft">{[one.about, one.steps ? said.steps(one.steps) : ""].filter(Boolean).join(" · ")}</span>
      </div>
      <span class="soft size">{bytes(one.size)}</span>
      <span class="soft licence">{one.licence}</span>
      <span class="act">
        {one.present ? (
          <span class="chip good">{said.present}</span>
        ) : running ? (
          <a class="chip known" href={`/jobs/${running.id}`}>{running.state === "queued" ? said.waits : said.fetching}</a>
        ) : (
          <>
            <button type="button" class="button" onClick={fetchIt} aria-label={said.fetchLabel(one.name, bytes(one.size))}>
              {said.fetch}
            </button>
            <CopyCommand command={["twin", "models", "pull", one.name]} />
          </>
        )}
      </span>
      {running && running.state !== "queued" && (
        <div class="wide stack">
          <div class="bar">
            <i style={{ transform: `scaleX(${part ?? 0})` }} />
          </div>
          <span class="soft small">{[running.progress?.text, running.progress?.seconds_left ? span(running.progress.seconds_left) : ""].filter(Boolean).join(" · ")}</span>
        </div>
      )}
      {!running && !one.present && job?.state === "failed" && (
        <p class="wide bad-text">
          {said.cannot}: {job.error?.message} <a href={`/jobs/${job.id}`}>{job.error?.remedy}</a>
        </p>
      )}
      {trouble && <div class="wide"><Failure trouble={trouble} /></div>}
    </li>
  );
}
