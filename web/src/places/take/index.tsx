/// A take: its waveform to work on, what is to be said of it in a sentence, and everything that can be made of it.
import { useEffect, useMemo, useState } from "preact/hooks";
import { address, api, type Schemas, type Take } from "../../api/client";
import { useLoad } from "../../api/load";
import { isLiked, like, moveToTrash, nameOf, noteLabels } from "../../api/takes";
import { CopyCommand } from "../../parts/copy";
import { Icon } from "../../parts/icons";
import { Empty, Failure, Ghost } from "../../parts/states";
import * as engine from "../../player/engine";
import { bpmOf, soundOf } from "../../player/sounds";
import { ask, go, query } from "../../router";
import { useCommands } from "../../state/commands";
import { useKeys } from "../../state/keys";
import { takesVersion } from "../../state/takes";
import { say } from "../../state/toasts";
import { ago, clock, words } from "../../strings";
import { HEIGHT, keepInside, type Stretch, WaveEditor } from "../../wave/editor";
import { marksOf } from "../../ears/marks";
import { EarsPanel } from "../../ears/panel";
import { Pair, useRepairs } from "../../ears/repair";
import { type Defect, type RepairRecord, useReport } from "../../ears/report";
import { said as ears } from "../../strings/ears";
import { ChordLane, type Laid, SectionLane } from "../../song/lane";
import { SongPanel, useSongs } from "../../song/take";
import { Family } from "./family";
import { Facts } from "./facts";
import { Region } from "./region";
import { Said } from "./said";
import "./take.css";
import { VerdictPanel } from "../../verdicts/panel";
import { Vary } from "./vary";
import { verdictOf } from "./verdict";

const w = words.take;

export function TakePlace({ rest }: { rest: readonly string[] }) {
  const id = rest[0] ?? "";
  const loaded = useLoad(`take ${id}`, async (signal) => {
    const detail = await api.get("/v1/takes/{take}", { path: { take: id }, signal });
    noteLabels([detail.take], { [detail.take.id]: detail.labels });
    return detail;
  });
  useEffect(() => loaded.again(), [takesVersion.value]);
  if (loaded.error?.status === 404) {
    return (
      <Empty title={w.gone} action={<a class="button main" href="/library">{w.toLibrary}</a>}>
        <p>{w.goneWhat}</p>
      </Empty>
    );
  }
  if (loaded.error && !loaded.data) return <Failure trouble={loaded.error} again={loaded.again} />;
  if (!loaded.data) {
    return (
      <>
        <Ghost height={64} />
        <Ghost height={HEIGHT} />
      </>
    );
  }
  return <Shown detail={loaded.data} key={id} />;
}

/** The region that the address names: `?from=4.2&to=8`. */
function regionOf(seconds: number): Stretch | null {
  const from = query.value.get("from");
  const to = query.value.get("to");
  return from === null || to === null || Number.isNaN(Number(from) + Number(to)) ? null : keepInside({ start: Number(from), end: Number(to) }, seconds);
}

function Shown({ detail }: { detail: Schemas["TakeDetail"] }) {
  const { take } = detail;
  const sound = soundOf(take);
  const liked = isLiked(take);
  const [zoom, setZoom] = useState(0);
  const region = regionOf(take.seconds);
  const setRegion = (stretch: Stretch | null): void => {
    const kept = stretch && keepInside(stretch, take.seconds);
    ask({ from: kept ? String(kept.start) : "", to: kept ? String(kept.end) : "" });
  };
  const move = (by: number): void => {
    if (!region) return;
    const length = region.end - region.start;
    const start = Math.min(Math.max(0, region.start + by), take.seconds - length);
    setRegion({ start, end: start + length });
  };
  const beat = sound.bar ? sound.bar / Number(take.metas?.meter ?? 4) : 0.5;
  const remove = async (): Promise<void> => {
    if (await moveToTrash(take)) go("/library");
  };
  useEffect(() => {
    if (!engine.playing.value) engine.show(sound);
  }, []);
  const playing = engine.sound.value?.key === sound.key && engine.playing.value;
  const report = useReport("take", take.id);
  const repairs = useRepairs(take.id);
  const songs = useSongs(take);
  const lanes = [songs.guide, songs.heard].flatMap((one) =>
    one ? [{ origin: one.origin, laid: { chart: one.chart, first: one.first_beat, seconds: take.seconds } satisfies Laid }] : []);
  const [chosen, choose] = useState<Defect | null>(null);
  const marks = useMemo(() => (report.data ? marksOf(report.data.report.defects, take.seconds, chosen) : []), [report.data, chosen]);
  const k = words.keys;
  useKeys([
    { key: "Space", says: k.play, run: () => engine.toggle(engine.playing.value ? engine.sound.value! : sound) },
    { key: "l", says: k.like, run: () => void like(take, !liked) },
    { key: "r", says: k.repaint, run: () => document.getElementById("repaint")?.focus() },
    { key: "[", says: k.nudgeBack, run: () => move(-0.01) },
    { key: "]", says: k.nudgeOn, run: () => move(0.01) },
    { key: "{", says: "", run: () => move(-beat) },
    { key: "Shift+{", shown: "Shift+[", says: k.nudgeBackBeat, run: () => move(-beat) },
    { key: "}", says: "", run: () => move(beat) },
    { key: "Shift+}", shown: "Shift+]", says: k.nudgeOnBeat, run: () => move(beat) },
  ]);
  useCommands([
    { name: w.like, kind: words.palette.verb, run: () => void like(take, !liked) },
    { name: w.delete, kind: words.palette.verb, run: () => void remove() },
  ]);
  return (
    <>
      <header class="take-head">
        <div class="grow">
          <h1 class="title">{nameOf(take)}</h1>
          <p class="soft">{ago(new Date(take.created))} · {clock(take.seconds)} · {take.variant}{take.session && <> · <a class="plain-link" href={`/tracks/runs/${take.session}`}>{w.sampleOf}</a></>}</p>
        </div>
        <div class="row">
          <button type="button" class="button main" onClick={() => engine.toggle(sound)}>
            <Icon name={playing ? "pause" : "play"} />
            {playing ? w.pause : w.play}
          </button>
          <button type="button" class="button icon" aria-pressed={liked} aria-label={w.like} title={w.like} onClick={() => void like(take, !liked)}>
            <Icon name="like" filled={liked} />
          </button>
          <button type="button" class="button icon" disabled={!engine.sound.value || engine.slots.value.a?.key === sound.key} aria-label={w.compareWith}
            title={w.compareWith} onClick={() => void engine.compare(sound)}>
            <Icon name="compare" />
          </button>
          <Export take={take} />
          <button type="button" class="button icon" aria-label={w.delete} title={w.delete} onClick={() => void remove()}>
            <Icon name="trash" />
          </button>
        </div>
      </header>
      <p class="verdict">{verdictOf(take)}</p>
      <Said take={take} />
      <section class="stack tight">
        {lanes[0] && <SectionLane laid={lanes[0].laid} hidden={zoom > 0} />}
        <WaveEditor sound={sound} region={region} onRegion={setRegion} zoom={zoom} marks={marks} />
        <Ruler take={take} bar={sound.bar} hidden={zoom > 0} />
        {lanes.map((one) => <ChordLane key={one.origin} laid={one.laid} origin={one.origin} hidden={zoom > 0} />)}
        <div class="row between">
          <p class="faint small">{w.dragHint} <span class="not-phone">{w.nudgeHint}</span></p>
          <span class="row">
            <button type="button" class="button quiet" disabled={!zoom} onClick={() => setZoom(zoom > 60 ? zoom / 2 : 0)}>
              {w.zoomOut}
            </button>
            <button type="button" class="button quiet" disabled={zoom >= 480} onClick={() => setZoom(zoom ? zoom * 2 : 60)}>
              {w.zoomIn}
            </button>
          </span>
        </div>
        <Region take={take} sound={sound} region={region} beat={beat} onRegion={setRegion} />
      </section>
      <div class="columns">
        <EarsPanel subject="take" id={take.id} sound={sound} report={report} chosen={chosen} onChoose={choose} repairs={repairs}>
          <Pairs take={take} repairs={repairs} />
        </EarsPanel>
        <VerdictPanel take={take} />
        <Vary take={take} />
        <Family take={take} />
        <SongPanel take={take} songs={songs} />
        <Spectrogram take={take} />
        <Facts take={take} />
      </div>
    </>
  );
}

/** What was repaired from this take, and what it was repaired from. */
function Pairs({ take, repairs }: { take: Take; repairs: ReturnType<typeof useRepairs> }) {
  const [first] = useState(Date.now());
  const made = repairs.records.filter((one) => one.before === take.id);
  const from = repairs.records.find((one) => one.after === take.id);
  return (
    <>
      {from?.before && (
        <p class="soft">
          {ears.repairOf} <a href={`/takes/${from.before}`}>{ears.toOriginal}</a>
        </p>
      )}
      {made.length > 0 && (
        <>
          <h3>{ears.repairs}</h3>
          <ul class="pairs">
            {made.map((one) => <RepairedTake key={one.id} record={one} before={take} fresh={new Date(one.created).getTime() > first} />)}
          </ul>
        </>
      )}
    </>
  );
}

function RepairedTake({ record, before, fresh }: { record: RepairRecord; before: Take; fresh: boolean }) {
  const found = useLoad(`take ${record.after}`, (signal) => api.get("/v1/takes/{take}", { path: { take: record.after! }, signal }));
  const after = found.data?.take;
  if (!after || found.error) return null;
  const sound = { ...soundOf(after), title: ears.after, offset: record.cut_seconds ?? 0 };
  const keep = (): void => {
    say(ears.kept);
    go(`/takes/${after.id}`);
  };
  return (
    <Pair record={record} before={soundOf(before)} after={sound} fresh={fresh} undo={async () => void (await moveToTrash(after))}
      keep={<button type="button" class="button main" onClick={keep}>{ears.keep}</button>} />
  );
}

/** Bars as numbers under the waveform, where the tempo is known. */
function Ruler({ take, bar, hidden }: { take: Take; bar: number | null; hidden: boolean }) {
  if (!bar || !bpmOf(take)) return null;
  const bars = Math.floor(take.seconds / bar);
  const every = bars > 64 ? 16 : bars > 20 ? 4 : bars > 10 ? 2 : 1;
  return (
    <div class={`ruler${hidden ? " off" : ""}`} aria-hidden="true">
      {Array.from({ length: Math.ceil((bars + 1) / every) }, (_, i) => i * every).map((n) => (
        <span key={n} style={{ left: `${((n * bar) / take.seconds) * 100}%` }}>
          {n + 1}
        </span>
      ))}
    </div>
  );
}

function Export({ take }: { take: Take }) {
  return (
    <details class="menu">
      <summary class="button">
        <Icon name="export" />
        {w.export}
      </summary>
      <div class="menu-list">
        {(["wav", "flac", "mp3", "ogg"] as const).map((format) => (
          <a key={format} class="button quiet" download href={address("/v1/takes/{take}/export", { take: take.id }, { format })}>
            {format.toUpperCase()}
          </a>
        ))}
        <CopyCommand worded command={["twin", "takes", "export", take.id, "-o", "song.wav"]} />
      </div>
    </details>
  );
}

function Spectrogram({ take }: { take: Take }) {
  const [failed, setFailed] = useState(false);
  const [open, setOpen] = useState(false);
  return (
    <section class="panel wide">
      <details class="fold flat" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <h2>{w.spectrogram}</h2>
        </summary>
        {failed ? <p class="soft">{w.spectrogramNone}</p> : open && (
          <img class="spectrogram" width="1200" height="630" alt={w.spectrogramOf(take.caption || take.task)} src={`/v1/takes/${take.id}/picture`} onError={() => setFailed(true)} />
        )}
      </details>
    </section>
  );
}
