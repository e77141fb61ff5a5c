/// An album: how far it is, what waits for a person, its tracks, changes by talking, and how it came about.
import { useState } from "preact/hooks";
import { address, api, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { putBack } from "../../api/takes";
import { CopyCommand } from "../../parts/copy";
import { Icon } from "../../parts/icons";
import { Empty, Failure, Ghost } from "../../parts/states";
import { TakeRow } from "../../parts/takerow";
import { go } from "../../router";
import { change, type Job, jobs, share } from "../../state/jobs";
import { say } from "../../state/toasts";
import { span, words } from "../../strings";
import { said } from "../../strings/albums";
import { Approvals, Other } from "./approvals";
import { TrackFacts } from "./cards";
import { State } from "./state";
import { budgetOf, type Detail, songOf } from "./store";
import { Story } from "./story";
import { Talk } from "./talk";
import { Terms } from "./terms";

export function Album({ id }: { id: string }) {
  const job = jobs.value.find((one) => one.kind === "produce" && one.plan["album"] === id);
  const step = `${job?.id}${job?.state}${job?.progress?.text}`; // a new step is something new to show
  const found = useLoad(`album${id}`, (signal) => api.get("/v1/albums/{album}", { path: { album: id }, signal }), hashOf(step));
  if (found.error && [404, 422].includes(found.error.status)) return <Empty title={said.notThere} action={<a class="button main" href="/albums">{said.back}</a>} />;
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={480} />;
  const album = found.data;
  const busy = album.state === "queued" || album.state === "running";
  return (
    <div class="albums stack">
      <p><a href="/albums">{said.back}</a></p>
      <Head album={album} job={busy ? job : undefined} again={found.again} />
      {!busy && album.proposals.length > 0 && <Approvals key={album.proposals.map((one) => one.call).join()} album={album} again={found.again} />}
      <section class="stack">
        <h2>{said.tracks}</h2>
        <ol class="cards">{album.plan.tracks.map((_, at) => <li key={at}><Track album={album} at={at} busy={busy} again={found.again} /></li>)}</ol>
      </section>
      {!busy && <Talk id={id} again={found.again} />}
      <Story id={id} currency={album.budget.currency ?? ""} version={hashOf(step)} />
    </div>
  );
}

const hashOf = (text: string): number => [...text].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) % 1_000_003, 1);

function Head({ album, job, again }: { album: Detail; job: Job | undefined; again: () => void }) {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const attempt = (work: Promise<unknown>): void => {
    setTrouble(null);
    work.then(again, (error: unknown) => setTrouble(asTrouble(error)));
  };
  const remove = (): void => {
    setTrouble(null);
    api.delete("/v1/albums/{album}", { path: { album: album.id } }).then((entry) => {
      say(said.removed, { action: { label: words.undo, run: () => void putBack(entry.id).then((back) => back && go(`/albums/${album.id}`)) } });
      go("/albums");
    }, (error: unknown) => setTrouble(asTrouble(error)));
  };
  const over = ["stopped", "failed", "planned"].includes(album.state);
  const busy = album.state === "queued" || album.state === "running";
  return (
    <section class="panel stack head">
      <header class="row">
        <h1 class="grow">{album.title}</h1>
        <State of={album} />
      </header>
      <p class="soft">{[album.kind, said.by(album.artist), span(album.seconds), said.finishedOf(album.finished, album.tracks), said.spent(album.cost.takes ?? 0, span(album.cost.seconds ?? 0))].join(" · ")}</p>
      {album.plan.brief && <p class="small"><span class="faint">{said.briefOf}:</span> {album.plan.brief}</p>}
      {busy && (
        <div role="status" class="stack">
          <div class="bar"><i style={{ transform: `scaleX(${job ? (share(job) ?? 0) : 0})` }} /></div>
          <p class="soft small row"><span class="grow">{[job?.progress?.text ?? said.states[album.state], said.making].join(" · ")}</span>{job?.seconds_left ? <span>{said.left(span(job.seconds_left))}</span> : null}</p>
        </div>
      )}
      {album.trouble && over && <p class="bad-text">{album.trouble}</p>}
      {trouble && <Failure trouble={trouble} />}
      <footer class="row">
        {busy && album.job && <button type="button" class="button" onClick={() => attempt(change(album.job!, "cancel"))}>{said.stop}</button>}
        {over && <button type="button" class="button main" title={said.goOnWhat} onClick={() => attempt(api.post("/v1/albums/{album}/jobs", { path: { album: album.id }, body: {} }))}>{said.goOn}</button>}
        {album.finished > 0 && <a class={`button${over || busy || album.proposals.length ? "" : " main"}`} href={address("/v1/albums/{album}/archive", { album: album.id })} download title={said.downloadWhat}><Icon name="export" />{said.download}</a>}
        <span class="grow" />
        {!busy && <button type="button" class="button quiet" onClick={remove}>{said.remove}</button>}
        <CopyCommand command={["twin", "produce", "show", album.id]} />
      </footer>
      {!busy && <Again album={album} onAsk={attempt} />}
    </section>
  );
}

/** Other terms, on which it is gone on with. */
function Again({ album, onAsk }: { album: Detail; onAsk: (work: Promise<unknown>) => void }) {
  const [asked, setAsked] = useState({ autonomy: album.autonomy, minutes: album.budget.seconds ? String(album.budget.seconds / 60) : "", takes: album.budget.takes ? String(album.budget.takes) : "" });
  const send = (): void => onAsk(api.post("/v1/albums/{album}/jobs", { path: { album: album.id }, body: { autonomy: asked.autonomy, budget: budgetOf(asked.minutes, asked.takes, album.budget) } as never }));
  return (
    <details class="fold">
      <summary>{said.terms}: {said.levels[album.autonomy]}</summary>
      <div class="stack">
        <Terms {...asked} onChange={(changed) => setAsked((old) => ({ ...old, ...changed }))} />
        <div class="row"><button type="button" class="button" onClick={send}>{said.goOn}</button></div>
      </div>
    </details>
  );
}

function Track({ album, at, busy, again }: { album: Detail; at: number; busy: boolean; again: () => void }) {
  const track = album.plan.tracks[at]!;
  const made = album.made[at]!;
  return (
    <article class="panel card" aria-label={said.track(at + 1)}>
      <header class="row">
        <span class="n" aria-hidden="true">{at + 1}</span>
        <h3 class="grow cut">{track.title}</h3>
        {!made.take && <span class="faint small">{said.notYet}</span>}
      </header>
      {made.take && <Finished take={made.take} />}
      <TrackFacts track={track} song={songOf(album.plan, track)} captioned={!made.take} />
      {made.candidates.length > 1 && made.candidates.some((one) => one.chosen) && <Other album={album} at={at} busy={busy} again={again} />}
    </article>
  );
}

function Finished({ take }: { take: string }) {
  const found = useLoad(`take${take}`, (signal) => api.get("/v1/takes/{take}", { path: { take }, signal }));
  return found.data ? <TakeRow take={found.data.take} /> : <Ghost height={72} />;
}
