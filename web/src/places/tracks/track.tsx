/// One track: its sound with what is kept of it, every reading and what it costs, the words it is learned by, its rights.
import { useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { write } from "../../parts/number";
import { Failure, Ghost } from "../../parts/states";
import * as engine from "../../player/engine";
import { go } from "../../router";
import { say } from "../../state/toasts";
import { clock, words } from "../../strings";
import { said } from "../../strings/tracks";
import { Waveform } from "../../wave/waveform";
import { type Mark, Marks, marksOf } from "../../ears/marks";
import { EarsPanel } from "../../ears/panel";
import { type Defect, useReport } from "../../ears/report";
import { CaptionEditor } from "./caption";
import { PlayTrack } from "./row";
import { type Known, knownOf, needsOf, qualityOf, type Screen, soundOfTrack, tracksChanged } from "./store";

export function TrackPage({ id }: { id: string }) {
  const [version, setVersion] = useState(0);
  const found = useLoad(`track${id}${version}`, (signal) => api.get("/v1/tracks/{track}", { path: { track: id }, signal }));
  const changed = (): void => (setVersion(version + 1), tracksChanged());
  const [kept, setKept] = useState<Known | null>(null);
  const known = found.data ? knownOf(found.data) : kept;
  if (found.data && kept?.track.id !== found.data.track.id) setKept(known);
  const report = useReport("track", id);
  const [chosen, choose] = useState<Defect | null>(null);
  if (found.error && !known) return <Failure trouble={found.error} again={found.again} />;
  if (!known) return <Ghost height={480} />;
  const marks = report.data ? marksOf(report.data.report.defects, known.track.seconds, chosen) : [];
  return (
    <div class="tracks stack">
      <p><a href="/tracks">{said.back}</a></p>
      <Head known={known} marks={marks} />
      {needsOf(known).map((one) => (
        <section class="error" key={one.why}>
          <strong>{one.why}</strong>
          {one.detail && <p>{one.detail}</p>}
          <p>{one.remedy}</p>
        </section>
      ))}
      <EarsPanel subject="track" id={id} sound={soundOfTrack(known)} report={report} chosen={chosen} onChoose={choose} />
      <div class="sides">
        <div class="stack">
          {known.caption && <CaptionEditor key={version} id={id} caption={known.caption} changed={changed} />}
          <Score known={known} changed={changed} />
        </div>
        <div class="stack">
          {known.screen && <Readings known={known} screen={known.screen} />}
          <Rights known={known} changed={changed} />
        </div>
      </div>
    </div>
  );
}

function Head({ known, marks }: { known: Known; marks: readonly Mark[] }) {
  const { track, screen } = known;
  const sound = soundOfTrack(known);
  const here = engine.sound.value?.key === sound.key;
  const start = screen?.verdict.start ?? 0;
  const end = screen?.verdict.end ?? track.seconds;
  return (
    <header class="stack">
      <div class="row">
        <PlayTrack known={known} />
        <div class="grow">
          <h1 class="cut">{track.title}</h1>
          <p class="soft">{[track.producer, track.group, clock(track.seconds)].filter(Boolean).join(" · ")}</p>
        </div>
        <Forget known={known} />
      </div>
      <div class="marked">
        <Waveform peaks={sound.peaks} seconds={track.seconds} height={120} bar={sound.bar} label={said.waveform(track.title)} played={here ? engine.position.value : 0}
          onSeek={(at) => (here ? engine.seek(at) : void engine.play(sound, at))} />
        <Marks marks={marks} seconds={track.seconds} />
        {start > 0 && <i class="gone" style={{ left: "0", width: `${(start / track.seconds) * 100}%` }} />}
        {end < track.seconds && <i class="gone" style={{ left: `${(end / track.seconds) * 100}%`, right: "0" }} />}
      </div>
    </header>
  );
}

function Forget({ known }: { known: Known }) {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const { id, title } = known.track;
  const forget = (): void => {
    api.delete("/v1/tracks/{track}", { path: { track: id } }).then(
      () => (say(said.forgotten(title)), tracksChanged(), go("/tracks")),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  const [sure, setSure] = useState(false);
  return (
    <>
      {trouble && <Failure trouble={trouble} />}
      {sure ? (
        <>
          <button type="button" class="button danger" onClick={forget}>{said.forgetNow}</button>
          <button type="button" class="button quiet" onClick={() => setSure(false)}>{said.keepTrack}</button>
        </>
      ) : (
        <button type="button" class="button quiet" onClick={() => setSure(true)}>{said.forgetTrack}</button>
      )}
      <CopyCommand command={["twin", "tracks", "forget", id]} />
    </>
  );
}

function Readings({ known, screen }: { known: Known; screen: Screen }) {
  const { verdict } = screen;
  const sound = soundOfTrack(known);
  const start = verdict.start;
  const end = verdict.end ?? known.track.seconds;
  const quality = qualityOf(screen);
  const places: [string, number, number][] = [];
  if (start > 0.05) places.push([said.cutBefore, 0, start]);
  if (verdict.accepted) places.push([said.kept, start, end]);
  if (end < known.track.seconds - 0.05) places.push([said.cutAfter, end, known.track.seconds]);
  return (
    <section class="panel stack">
      <header class="row">
        <h2 class="grow">{said.readings}</h2>
        {quality !== null && <span>{said.quality} <strong>{quality}</strong> <span class="faint">{said.of100}</span></span>}
      </header>
      <ul class="places">
        {places.map(([name, from, to]) => (
          <li key={name}>
            <span class="grow">{name} <span class="soft">{`${clock(from, 1)} – ${clock(to, 1)}`}</span></span>
            <button type="button" class="button quiet" aria-label={said.hearAt(clock(from, 1), clock(to, 1))} onClick={() => void engine.play(sound, from)}>{said.hear}</button>
          </li>
        ))}
      </ul>
      {verdict.quality && (
        <table class="plain">
          <thead>
            <tr>{[said.reading, said.value, said.cost].map((one) => <th key={one} scope="col">{one}</th>)}</tr>
          </thead>
          <tbody>
            {verdict.quality.parts.map((one) => (
              <tr key={one.part}>
                <td>{said.parts[one.part] ?? one.part}</td>
                <td>{write(one.unit.endsWith(", negated") ? -one.reading : one.reading, 2)} <span class="faint small">{one.unit.replace(", negated", "")}</span></td>
                <td class={one.cost >= 1 ? "" : "faint"}>{one.cost >= 0.5 ? `${Math.round(one.cost)} ${said.points}` : said.nothing}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {verdict.gain !== null && <p class="soft small">{`${said.raised} ${write(verdict.gain, 1)} ${words.units.db}`}</p>}
      {screen.oddities.length > 0 && <p class="soft small">{`${said.oddities}: ${screen.oddities.join(", ")}`}</p>}
    </section>
  );
}

function Score({ known, changed }: { known: Known; changed: () => void }) {
  const [note, setNote] = useState(known.rating?.note ?? "");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const score = known.rating?.score ?? 0;
  const keep = (to: number): void => {
    setTrouble(null);
    api.put("/v1/tracks/{track}/rating", { path: { track: known.track.id }, body: { score: to, note } }).then(
      () => (say(said.savedRating), changed()),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  return (
    <section class="panel stack">
      <h2>{said.rating}</h2>
      <div class="row" role="group" aria-label={said.rating}>
        {[1, 2, 3, 4, 5].map((one) => (
          <button key={one} type="button" class="button icon" aria-pressed={one <= score} aria-label={said.score(one)} onClick={() => keep(one)}>{one}</button>
        ))}
      </div>
      <label class="field">
        <span>{said.note}</span>
        <input type="text" value={note} placeholder={said.noteHint} maxLength={500} onInput={(event) => setNote(event.currentTarget.value)} onChange={() => score && keep(score)} />
      </label>
      {trouble && <Failure trouble={trouble} />}
    </section>
  );
}

function Rights({ known, changed }: { known: Known; changed: () => void }) {
  const { source, format, rate, channels } = known.track;
  const [licence, setLicence] = useState(source.licence ?? "");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const keep = (event: Event): void => {
    event.preventDefault();
    setTrouble(null);
    api.put("/v1/tracks/{track}/licence", { path: { track: known.track.id }, body: { licence } }).then(
      () => (say(said.saved), changed()),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  const facts: [string, string][] = [
    [said.provider, source.provider ?? said.unknown],
    [said.permitted, source.permitted === false ? said.no : source.permitted || source.licence ? said.yes : said.unknown],
    [said.file, `${format.toUpperCase()}, ${write(rate / 1000, 1)} kHz, ${channels === 1 ? "mono" : channels === 2 ? "stereo" : channels}`],
  ];
  return (
    <section class="panel stack">
      <h2>{said.licenceTitle}</h2>
      <form class="row" onSubmit={keep}>
        <label class="field grow">
          <span>{said.licence}</span>
          <input type="text" list="licences" value={licence} placeholder={said.otherLicence} maxLength={200} aria-invalid={Boolean(trouble)} onInput={(event) => setLicence(event.currentTarget.value)} />
        </label>
        <datalist id="licences">{said.licences.filter(([name]) => name).map(([name, text]) => <option key={name} value={name}>{text}</option>)}</datalist>
        {licence !== (source.licence ?? "") && licence.trim() && <button type="submit" class="button main end">{said.save_}</button>}
      </form>
      {trouble && <Failure trouble={trouble} />}
      <dl class="facts">{facts.map(([name, value]) => <><dt>{name}</dt><dd>{value}</dd></>)}</dl>
    </section>
  );
}
