/// Studio: is it well, what plays, who works, and who is let in.
import { useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { CopyCommand, copy } from "../../parts/copy";
import { Icon } from "../../parts/icons";
import { Failure, Ghost } from "../../parts/states";
import { queued, running } from "../../state/jobs";
import { ago, span } from "../../strings";
import { bytes, said } from "../../strings/studio";
import { Disk, Settings, Trash } from "./keeping";
import { Variants } from "./variants";
import "./studio.css";

export function Studio(_: { rest: readonly string[] }) {
  return (
    <div class="studio stack">
      <h1>{said.title}</h1>
      <Health />
      <Variants />
      <Disk />
      <Workers />
      <div class="pair">
        <Doors />
        <Trash />
      </div>
      <Settings />
      <Limits />
    </div>
  );
}

const MACHINE = ["cores", "memory", "disk"];

function Health() {
  const found = useLoad("doctor", (signal) => api.get("/v1/doctor", { signal }));
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={140} />;
  const every = found.data.findings;
  const wrong = every.filter((one) => one.state === "trouble");
  const machine = every.filter((one) => MACHINE.includes(one.what) || one.what.startsWith("device "));
  return (
    <section class="panel stack">
      <header class="row">
        <h2 class="grow">
          <span class={`dot ${wrong.length ? "bad" : "good"}`} aria-hidden="true" />
          {wrong.length ? said.troubles(wrong.length) : said.well}
        </h2>
        <button type="button" class="button quiet" onClick={found.again} disabled={found.loading}>
          {said.lookAgain}
        </button>
        <CopyCommand command={["twin", "doctor"]} />
      </header>
      {wrong.map((one) => (
        <div class="finding" key={one.what}>
          <strong>{one.what}</strong>
          <span>{one.detail}</span>
          <span class="remedy">{one.remedy}</span>
        </div>
      ))}
      <dl class="tiles">
        {machine.map((one) => (
          <div key={one.what}>
            <dt>{one.what}</dt>
            <dd>{one.detail}</dd>
          </div>
        ))}
      </dl>
      <details class="fold">
        <summary>{said.everything(every.length)}</summary>
        <dl class="facts">
          {every.map((one) => (
            <>
              <dt>{one.what}</dt>
              <dd class={one.state === "absent" ? "faint" : ""}>{[one.detail, one.remedy].filter(Boolean).join(". ")}</dd>
            </>
          ))}
        </dl>
      </details>
    </section>
  );
}

function Workers() {
  const found = useLoad(`workers${running.value.length}.${queued.value.length}`, (signal) => api.get("/v1/workers", { signal }));
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={120} />;
  const { crew, workers, queued: waits, running: runs, stuck } = found.data;
  const shown = workers.filter((one) => one.state === "alive");
  return (
    <section class="panel stack">
      <header class="row">
        <h2 class="grow">{said.workers}</h2>
        <span class="soft small">{said.counts(waits, runs)}</span>
      </header>
      <p class="soft">{said.workersWhat}</p>
      {stuck && <p class="bad-text">{stuck}</p>}
      {shown.length === 0 ? (
        <p class="faint">{said.noWorker}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label={said.workers}>
          <table class="plain">
            <thead>
              <tr>{[said.worker, said.device, said.queues, said.state, said.beat].map((one) => <th key={one} scope="col">{one}</th>)}</tr>
            </thead>
            <tbody>
              {shown.map((one) => (
                <tr key={one.id}>
                  <td>{one.host}</td>
                  <td>{one.device}</td>
                  <td>{one.queues.split(" ").map((name) => said.queueNames[name] ?? name).join(", ")}</td>
                  <td>{said.states[one.state] ?? one.state}</td>
                  <td>{ago(new Date(one.beat * 1000))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {crew.deaths > 0 && <p class="faint small">{said.deaths(crew.deaths)}</p>}
      <div class="row">
        <span class="faint small">{said.more}</span>
        <CopyCommand command={["twin", "work"]} />
      </div>
    </section>
  );
}

function Doors() {
  const [link, setLink] = useState("");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const make = (): void => {
    setTrouble(null);
    api.post("/v1/links", {}).then(
      (made) => setLink(new URL(made.path, location.origin).href),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  return (
    <section class="panel stack">
      <h2>{said.doors}</h2>
      <p class="soft">{said.doorsWhat}</p>
      {trouble && <Failure trouble={trouble} />}
      {link ? (
        <div class="stack">
          <input type="text" readOnly value={link} aria-label={said.linkMade} onFocus={(event) => event.currentTarget.select()} />
          <div class="row">
            <button type="button" class="button" onClick={() => void copy(link, said.copied)}>
              <Icon name="copy" />
              {said.copyLink}
            </button>
          </div>
        </div>
      ) : (
        <div class="row">
          <button type="button" class="button" onClick={make}>
            {said.link}
          </button>
        </div>
      )}
    </section>
  );
}

function Limits() {
  const found = useLoad("capabilities", (signal) => api.get("/v1/capabilities", { signal }));
  if (!found.data) return <Ghost height={120} />;
  const { limits, reads, writes, version } = found.data;
  const [shortest, longest] = limits.take_seconds as [number, number];
  return (
    <section class="panel">
      <h2>{said.limits}</h2>
      <dl class="facts">
        <dt>{said.upload}</dt>
        <dd>{`${bytes(limits.upload_bytes)}, ${span(limits.upload_seconds)}`}</dd>
        <dt>{said.uploads}</dt>
        <dd>{bytes(limits.assets_bytes)}</dd>
        <dt>{said.length}</dt>
        <dd>{said.from(span(shortest), span(longest))}</dd>
        <dt>{said.reads}</dt>
        <dd>{reads.join(", ")}</dd>
        <dt>{said.writes}</dt>
        <dd>{writes.join(", ")}</dd>
        <dt>{said.version}</dt>
        <dd>{version}</dd>
      </dl>
    </section>
  );
}
