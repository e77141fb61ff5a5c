/// Training sets: those that were frozen, a new one with what would go in and what is left out and why, and one set with its split.
import { useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { putBack } from "../../api/takes";
import { CopyCommand } from "../../parts/copy";
import { Empty, Failure, Ghost } from "../../parts/states";
import { isOver, jobs, submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { go } from "../../router";
import { ago, clock, span, words } from "../../strings";
import { said } from "../../strings/tracks";
import * as engine from "../../player/engine";
import { Waveform } from "../../wave/waveform";
import { PlayTrack } from "./row";
import { type Known, loadTracks, needsOf, qualityOf, soundOfTrack } from "./store";

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
  const plan = { producer, split: { share: share / 100 }, least_quality: least, drop_duplicates: doubles, allow_restricted: restricted };
  const planned = useLoad(`plan${JSON.stringify(plan)}${tracks.length}`, (signal) => api.post("/v1/datasets/plan", { body: plan as never, signal }));
  const [kept, setKept] = useState(planned.data);
  if (planned.data && planned.data !== kept) setKept(planned.data);
  const found = planned.data ?? kept;
  const inside = (found?.rows ?? []) as readonly { track: string; seconds: number }[];
  const seconds = inside.reduce((sum, one) => sum + one.seconds, 0);
  const left = own.flatMap((one) => (found?.left_out[one.track.id] ? [{ one, why: said.whyLeft(needsOf(one)[0]?.why ?? "", found.left_out[one.track.id]!) }] : []));
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
        {planned.error && <Failure trouble={planned.error} again={planned.again} />}
        {found ? <p>{inside.length ? said.goesIn(inside.length, span(seconds)) : said.tooFew}</p> : <Ghost height={24} />}
        {inside.length > 0 && inside.length < FEW && <p class="soft">{said.fewTracks}</p>}
        {left.length > 0 && (
          <>
            <p class="soft">{said.leftOut(new Set(left.map((each) => each.one)).size)}</p>
            <ul class="left">{left.map(({ one, why }) => <li key={one.track.id + why}><a href={`/tracks/${one.track.id}`}>{one.track.title}</a> <span class="soft">{why}</span></li>)}</ul>
          </>
        )}
      </div>
      {(found?.duplicates ?? []).map((group) => <Doubles key={group.join()} group={group.flatMap((id) => own.filter((one) => one.track.id === id))} inside={new Set(inside.map((one) => one.track))} />)}
      {trouble && <Failure trouble={trouble} />}
      <div class="row">
        <button type="submit" class="button main" disabled={!inside.length || Boolean(building)}>{said.buildNow}</button>
        {building && <a href={`/jobs/${building}`}>{said.working}</a>}
      </div>
    </form>
  );
}

/** Tracks that are one recording, side by side: heard at one clock, and which of them would be learned from. */
function Doubles({ group, inside }: { group: readonly Known[]; inside: ReadonlySet<string> }) {
  const sounds = group.map(soundOfTrack);
  const compare = (place: number): void => {
    void engine.play(sounds[0]!).then(() => engine.compare(sounds[place]!));
  };
  if (group.length < 2) return null;
  return (
    <section class="doubles stack">
      <h3>{said.oneRecording(group.length)}</h3>
      <div class="side-by-side">
        {group.map((one, i) => (
          <div key={one.track.id} class="stack">
            <p class="row"><PlayTrack known={one} /><a class="cut grow" href={`/tracks/${one.track.id}`}>{one.track.title}</a></p>
            <Waveform peaks={sounds[i]!.peaks} seconds={one.track.seconds} height={48} label={said.waveform(one.track.title)} />
            <p class="soft small">{[one.track.format.toUpperCase(), clock(one.track.seconds), one.screen && qualityOf(one.screen) !== null ? `${said.quality} ${qualityOf(one.screen)}` : ""].filter(Boolean).join(" · ")}</p>
            <p class="row">
              <span class={`chip${inside.has(one.track.id) ? " good" : ""}`}>{inside.has(one.track.id) ? said.stays : said.out}</span>
              {i > 0 && <button type="button" class="button quiet" onClick={() => compare(i)}>{said.compareFirst}</button>}
            </p>
          </div>
        ))}
      </div>
    </section>
  );
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
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={480} />;
  const remove = (): void => {
    api.delete("/v1/datasets/{dataset}", { path: { dataset: id } }).then(
      (entry) => (say(said.setDeleted, { action: { label: words.undo, run: () => void putBack(entry.id) } }), go("/tracks/sets")),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  const rows = [...(found.data.rows as unknown as Row[])].sort((a, b) => (a.side === b.side ? a.title.localeCompare(b.title) : a.side < b.side ? 1 : -1));
  const producer = (found.data.plan as { producer?: string | null }).producer ?? "";
  return (
    <div class="tracks stack">
      <p><a href="/tracks/sets">{said.sets}</a></p>
      <header class="row">
        <h1 class="grow">{producer || said.everybody}</h1>
        <a class="button main" href={`/tracks/train?set=${id}&producer=${encodeURIComponent(producer)}`}>{said.trainOnIt}</a>
        <button type="button" class="button" aria-pressed={shown} onClick={() => setShown(!shown)}>{said.report}</button>
        <button type="button" class="button quiet" onClick={remove}>{said.deleteSet}</button>
        <CopyCommand command={["twin", "train", ...(producer ? [producer] : []), "--dataset", id]} />
      </header>
      <p class="soft">{said.isIn(rows.length, span(rows.reduce((sum, one) => sum + one.seconds, 0)))}</p>
      {trouble && <Failure trouble={trouble} />}
      {shown && (
        <section class="stack">
          <iframe class="report" src={`/v1/datasets/${id}/report`} title={said.reportOf(id)} sandbox="" />
          <a href={`/v1/datasets/${id}/report`} target="_blank" rel="noreferrer">{said.openReport}</a>
        </section>
      )}
      <div class="panel scroll" tabIndex={0} role="region" aria-label={said.set(id)}>
        <table class="plain">
          <thead><tr>{[said.track, said.side, said.caption, said.length, `${said.quality}, ${said.of100}`].map((one) => <th key={one} scope="col">{one}</th>)}</tr></thead>
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
