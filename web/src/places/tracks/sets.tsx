/// Training sets: those that were frozen, a new one with what would go in and what is left out and why, and one set with its split.
import { useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Empty, Failure, Ghost } from "../../parts/states";
import { isOver, jobs, submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { ago, clock, span } from "../../strings";
import { said } from "../../strings/tracks";
import { type Known, loadTracks, needsOf, qualityOf, standingOf } from "./store";

const FEW = 8;
const BUILDS = ["split", "dataset"];

export function Sets() {
  const builds = jobs.value.filter((job) => BUILDS.includes(job.kind));
  const over = builds.filter(isOver).length;
  const sets = useLoad(`sets${over}`, (signal) => api.get("/v1/datasets", { query: { limit: 100 }, signal }));
  const tracks = useLoad(`settracks${over}`, loadTracks);
  if (sets.error && !sets.data) return <Failure trouble={sets.error} again={sets.again} />;
  if (tracks.error && !tracks.data) return <Failure trouble={tracks.error} again={tracks.again} />;
  if (!sets.data || !tracks.data) return <Ghost height={420} />;
  return (
    <div class="sides">
      <section class="stack">
        {sets.data.items.length === 0 ? (
          <Empty title={said.setsEmpty}><p>{said.setsEmptyWhat}</p></Empty>
        ) : (
          <>
            <h2>{said.sets}</h2>
            <ul class="rows">
              {sets.data.items.map((one) => (
                <li key={one.id}>
                  <span class="grow">
                    <a href={`/tracks/sets/${one.id}`}>{one.producer ?? said.everybody}</a>{" "}
                    <span class="soft">{said.tracksIn(one.tracks)}</span>
                  </span>
                  <span class="faint small">{ago(new Date(one.frozen))}</span>
                  <a class="button quiet" href={`/tracks/train?set=${one.id}&producer=${encodeURIComponent(one.producer ?? "")}`}>{said.train}</a>
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
      <Build tracks={tracks.data.tracks} building={builds.find((job) => !isOver(job))?.id ?? ""} />
    </div>
  );
}

function Build({ tracks, building }: { tracks: readonly Known[]; building: string }) {
  const names = [...new Set(tracks.map((one) => one.track.producer))];
  const [producer, setProducer] = useState(names[0] ?? "");
  const [share, setShare] = useState(10);
  const [least, setLeast] = useState(0);
  const [doubles, setDoubles] = useState(true);
  const [restricted, setRestricted] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const own = tracks.filter((one) => one.track.producer === producer);
  const left = own.flatMap((one) => whyLeftOut(one, least).map((why) => ({ one, why })));
  const inside = own.filter((one) => !whyLeftOut(one, least).length);
  const seconds = inside.reduce((sum, one) => sum + keptSeconds(one), 0);
  const plan = { producer, split: { share: share / 100 }, least_quality: least, drop_duplicates: doubles, allow_restricted: restricted };
  const begin = (event: Event): void => {
    event.preventDefault();
    setTrouble(null);
    submit("split", plan, crypto.randomUUID()).then(
      () => say(said.asked(said.newSet)),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  return (
    <form class="panel stack" onSubmit={begin}>
      <header class="row">
        <h2 class="grow">{said.newSet}</h2>
        <CopyCommand command={["twin", "dataset", "split", "--producer", producer, "--least-quality", String(least)]} />
      </header>
      <div class="fields">
        <label class="field">
          <span>{said.whoseSet}</span>
          <select value={producer} onChange={(event) => setProducer(event.currentTarget.value)}>{names.map((one) => <option key={one}>{one}</option>)}</select>
        </label>
        <label class="field" title={said.heldOutWhat}>
          <span>{said.heldOut}, %</span>
          <input type="number" min={0} max={90} value={share} onInput={(event) => setShare(Number(event.currentTarget.value))} />
        </label>
        <label class="field" title={said.leastQualityWhat}>
          <span>{said.leastQuality}</span>
          <input type="number" min={0} max={100} value={least} onInput={(event) => setLeast(Number(event.currentTarget.value))} />
        </label>
      </div>
      <label class="check"><input type="checkbox" checked={doubles} onChange={(event) => setDoubles(event.currentTarget.checked)} />{said.dropDoubles}</label>
      <label class="check"><input type="checkbox" checked={restricted} onChange={(event) => setRestricted(event.currentTarget.checked)} />{said.restricted}</label>
      <div class="plan stack">
        <h3>{said.plan}</h3>
        <p>{inside.length ? said.goesIn(inside.length, span(seconds)) : said.tooFew}</p>
        {inside.length > 0 && inside.length < FEW && <p class="soft">{said.fewTracks}</p>}
        {left.length > 0 && (
          <>
            <p class="soft">{said.leftOut(new Set(left.map((each) => each.one)).size)}</p>
            <ul class="left">{left.map(({ one, why }) => <li key={one.track.id + why}><a href={`/tracks/${one.track.id}`}>{one.track.title}</a> <span class="soft">{why}</span></li>)}</ul>
          </>
        )}
        {doubles && <p class="faint small">{said.doublesLater}</p>}
      </div>
      {trouble && <Failure trouble={trouble} />}
      <div class="row">
        <button type="submit" class="button main" disabled={!inside.length || Boolean(building)}>{said.buildNow}</button>
        {building && <a href={`/jobs/${building}`}>{said.working}</a>}
      </div>
    </form>
  );
}

function keptSeconds({ screen, track }: Known): number {
  return screen ? (screen.verdict.end ?? track.seconds) - screen.verdict.start : track.seconds;
}

function whyLeftOut(one: Known, least: number): string[] {
  const needs = needsOf(one).map((need) => need.why);
  if (needs.length) return needs;
  if (standingOf(one) === "waits") return [one.screen ? said.undescribed : said.unheard];
  const quality = one.screen && qualityOf(one.screen);
  return quality !== null && quality < least ? [said.lowQuality(quality, least)] : [];
}

interface Row {
  track: string;
  title: string;
  side: string;
  caption: string;
  seconds: number;
  quality: number;
}

export function SetPage({ id }: { id: string }) {
  const found = useLoad(`set${id}`, (signal) => api.get("/v1/datasets/{dataset}", { path: { dataset: id }, signal }));
  const [shown, setShown] = useState(false);
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={480} />;
  const rows = [...(found.data.rows as unknown as Row[])].sort((a, b) => (a.side === b.side ? a.title.localeCompare(b.title) : a.side < b.side ? 1 : -1));
  const producer = (found.data.plan as { producer?: string | null }).producer ?? "";
  return (
    <div class="tracks stack">
      <p><a href="/tracks/sets">{said.sets}</a></p>
      <header class="row">
        <h1 class="grow">{producer || said.everybody}</h1>
        <a class="button main" href={`/tracks/train?set=${id}&producer=${encodeURIComponent(producer)}`}>{said.trainOnIt}</a>
        <button type="button" class="button" aria-pressed={shown} onClick={() => setShown(!shown)}>{said.report}</button>
        <CopyCommand command={["twin", "train", ...(producer ? [producer] : []), "--dataset", id]} />
      </header>
      <p class="soft">{said.goesIn(rows.length, span(rows.reduce((sum, one) => sum + one.seconds, 0))).replace("would go in", "in it")}</p>
      {shown && (
        <section class="stack">
          <iframe class="report" src={`/v1/datasets/${id}/report`} title={said.reportOf(id)} sandbox="" />
          <a href={`/v1/datasets/${id}/report`} target="_blank" rel="noreferrer">{said.openReport}</a>
        </section>
      )}
      <div class="panel scroll" tabIndex={0} role="region" aria-label={said.set(id)}>
        <table class="plain">
          <thead><tr>{[said.track, said.side, said.caption, said.length, said.quality].map((one) => <th key={one} scope="col">{one}</th>)}</tr></thead>
          <tbody>
            {rows.map((one) => (
              <tr key={one.track}>
                <td><a href={`/tracks/${one.track}`}>{one.title}</a></td>
                <td><span class={`chip${one.side === "train" ? "" : " known"}`}>{said.sides[one.side] ?? one.side}</span></td>
                <td class="soft wordy">{one.caption}</td>
                <td>{clock(one.seconds)}</td>
                <td>{one.quality}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
