/// A file of one's own: dropped, listened to, repaired, and taken home. It is an upload and no take of the library.
import { useEffect, useMemo, useState } from "preact/hooks";
import { address, api, type Schemas, Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { SOUND_FILES } from "../../api/songs";
import { Marks, marksOf } from "../../ears/marks";
import { EarsPanel } from "../../ears/panel";
import { Pair, useRepairs } from "../../ears/repair";
import { type Defect, type Kept, type RepairRecord, useReport } from "../../ears/report";
import { Icon } from "../../parts/icons";
import { write } from "../../parts/number";
import { Empty, Failure, Ghost } from "../../parts/states";
import * as engine from "../../player/engine";
import { go } from "../../router";
import { say } from "../../state/toasts";
import { ago, clock } from "../../strings";
import { said } from "../../strings/ears";
import { Waveform } from "../../wave/waveform";
import { sendFile } from "../tracks/uploads";

const f = said.file;
type Asset = Schemas["Asset"];

export function InspectFile({ rest }: { rest: readonly string[] }) {
  const id = decodeURIComponent(rest[0] ?? "");
  return (
    <>
      <header class="head">
        <h1>{f.title}</h1>
        {id && <a class="button quiet" href="/library/inspect">{f.another}</a>}
      </header>
      {id ? <File_ key={id} id={id} /> : <Bring />}
    </>
  );
}

/** Where a file is dropped, and those that were. */
function Bring() {
  const [sent, setSent] = useState<{ name: string; share: number; state: "goes" | "checked" } | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [over, setOver] = useState(false);
  const [many, setMany] = useState(false);
  const take = async (files: readonly File[]): Promise<void> => {
    const file = files[0];
    setMany(files.length > 1);
    if (!file || sent) return;
    setTrouble(null);
    setSent({ name: file.name, share: 0, state: "goes" });
    try {
      go(`/library/inspect/${encodeURIComponent(await sendFile(file, (state, share) => setSent({ name: file.name, share, state })))}`);
    } catch (error) {
      setTrouble(asTrouble(error));
      setSent(null);
    }
  };
  return (
    <>
      <p class="soft">{f.what}</p>
      <div class={`drop-file${over ? " over" : ""}`}
        onDragOver={(event) => (event.preventDefault(), setOver(true))} onDragLeave={() => setOver(false)}
        onDrop={(event) => (event.preventDefault(), setOver(false), void take([...(event.dataTransfer?.files ?? [])]))}>
        {sent ? (
          <div role="status">
            <p class="cut">{sent.state === "goes" ? f.sending(sent.name, sent.share) : f.reading(sent.name)}</p>
            <progress value={sent.state === "goes" ? sent.share : undefined} aria-label={f.reading(sent.name)} />
          </div>
        ) : (
          <>
            <Icon name="export" />
            <p>{f.drop}</p>
            <label class="button main">
              {f.choose}
              <input type="file" class="hidden" accept={SOUND_FILES} onChange={(event) => void take([...(event.currentTarget.files ?? [])])} />
            </label>
            <p class="soft small">{f.formats}</p>
          </>
        )}
        {many && <p class="small">{f.many}</p>}
      </div>
      {trouble && <Failure trouble={trouble} />}
      <Earlier />
    </>
  );
}

function Earlier() {
  const found = useLoad("assets", (signal) => api.get("/v1/assets", { query: { limit: 20 }, signal }));
  if (!found.data?.items.length) return null;
  return (
    <section>
      <h2>{f.earlier}</h2>
      <ul class="files-brought">
        {found.data.items.map((one) => (
          <li key={one.id}>
            <a href={`/library/inspect/${encodeURIComponent(one.id)}`}>
              <span class="cut grow">{one.name || f.unnamed}</span>
              <span class="soft small">{clock(one.seconds)} · {ago(new Date(one.created))}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** An upload as the player takes it. */
function soundOf(asset: Asset, lufs: number | null, title = asset.name || f.unnamed): engine.Sound {
  const place = { key: asset.id };
  return {
    key: `asset:${asset.id}`, title, url: address("/v1/assets/{key}/audio", place), peaks: address("/v1/assets/{key}/peaks", place),
    seconds: asset.seconds, lufs, bar: null, place: `/library/inspect/${encodeURIComponent(asset.id)}`,
  };
}

const lufsOf = (kept: Kept | undefined): number | null => kept?.report.loudness?.integrated_lufs ?? null;

function File_({ id }: { id: string }) {
  const found = useLoad(`asset ${id}`, (signal) => api.get("/v1/assets/{asset}", { path: { asset: id }, signal }));
  if (found.error?.status === 404) return <Empty title={f.gone} action={<a class="button main" href="/library/inspect">{f.another}</a>}><p>{f.goneWhat}</p></Empty>;
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  return found.data ? <Shown asset={found.data} /> : <Ghost height={240} />;
}

function Shown({ asset }: { asset: Asset }) {
  const report = useReport("asset", asset.id);
  const repairs = useRepairs(asset.id);
  const [chosen, choose] = useState<Defect | null>(null);
  const sound = soundOf(asset, lufsOf(report.data));
  const marks = useMemo(() => (report.data ? marksOf(report.data.report.defects, asset.seconds, chosen) : []), [report.data, chosen]);
  const mine = engine.sound.value?.key === sound.key;
  const playing = mine && engine.playing.value;
  const made = repairs.records.filter((one) => one.before === asset.id);
  const [first] = useState(Date.now());
  useEffect(() => {
    if (!engine.playing.value) engine.show(sound);
  }, []);
  return (
    <>
      <header class="stack">
        <div class="row">
          <button type="button" class="button icon round" aria-label={(playing ? said.silence : (name: string) => said.hear(name, said.whole))(sound.title)} onClick={() => engine.toggle(sound)}>
            <Icon name={playing ? "pause" : "play"} />
          </button>
          <div class="grow">
            <h2 class="cut">{sound.title}</h2>
            <p class="soft">{[clock(asset.seconds), asset.format.toUpperCase(), said.came(write(asset.rate / 1000, 1), asset.channels)].join(" · ")}</p>
          </div>
          <Save asset={asset} />
        </div>
        <div class="marked">
          <Waveform peaks={sound.peaks} seconds={asset.seconds} height={140} label={said.wave(sound.title)} played={mine ? engine.position.value : 0}
            loop={mine ? engine.loop.value : null} onSeek={(at) => (mine ? engine.seek(at) : void engine.play(sound, at))} />
          <Marks marks={marks} seconds={asset.seconds} />
        </div>
      </header>
      <EarsPanel subject="asset" id={asset.id} sound={sound} report={report} chosen={chosen} onChoose={choose} repairs={repairs} name={asset.name || "song.wav"}>
        {made.length > 0 && (
          <>
            <h3>{said.repairs}</h3>
            <ul class="pairs">
              {made.map((one) => <RepairedFile key={one.id} record={one} before={sound} again={repairs.again} fresh={new Date(one.created).getTime() > first} />)}
            </ul>
          </>
        )}
      </EarsPanel>
    </>
  );
}

function Save({ asset, main = false }: { asset: Asset; main?: boolean }) {
  return (
    <a class={`button${main ? " main" : ""}`} download={asset.name || "song.flac"} href={address("/v1/assets/{key}/audio", { key: asset.id })}>
      <Icon name="export" />
      {said.download}
    </a>
  );
}

function RepairedFile({ record, before, again, fresh }: { record: RepairRecord; before: engine.Sound; again: () => void; fresh: boolean }) {
  const found = useLoad(`asset ${record.after}`, (signal) => api.get("/v1/assets/{asset}", { path: { asset: record.after! }, signal }));
  const report = useReport("asset", record.after!);
  if (!found.data) return null;
  const asset = found.data;
  const undo = async (): Promise<void> => {
    try {
      await api.delete("/v1/assets/{asset}", { path: { asset: asset.id } });
      say(said.undone);
      again();
    } catch (error) {
      say(asTrouble(error).detail, { bad: true });
    }
  };
  if (found.error) return null;
  return (
    <Pair record={record} before={before} after={{ ...soundOf(asset, lufsOf(report.data), said.after), offset: record.cut_seconds ?? 0 }} fresh={fresh} undo={undo}
      keep={<Save asset={asset} main />} />
  );
}
