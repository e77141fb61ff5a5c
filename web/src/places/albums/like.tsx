/// Songs that an album is to be like: files that are dropped or chosen, and takes; what was read of each, and what was not believed.
import { useRef, useState } from "preact/hooks";
import { address, api, Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { listSongs, SOUND_FILES } from "../../api/songs";
import { nameOf, noteLabels } from "../../api/takes";
import { Icon } from "../../parts/icons";
import * as engine from "../../player/engine";
import { takesVersion } from "../../state/takes";
import { clock, typeset, withoutHashes } from "../../strings";
import { said } from "../../strings/albums";
import { Waveform } from "../../wave/waveform";
import { filesOf, isSound, sendFile } from "../tracks/uploads";
import { isRead, type LikeSong, type Readings, type Reference } from "./readings";

const l = said.like;
const MOST = 8;
const IS_TAKE = /^[a-z2-7]{12}$/;

interface Sending {
  key: number;
  name: string;
  state: "waits" | "goes" | "checked" | "failed";
  share: number;
  trouble: Trouble | null;
}
interface Properties {
  songs: readonly LikeSong[];
  readings: Readings;
  /** Change the songs as they are by now. */
  onChange: (change: (songs: readonly LikeSong[]) => readonly LikeSong[]) => void;
  /** So many files more are on their way, or less. */
  onComing: (by: number) => void;
}

export function Like({ songs, readings, onChange, onComing }: Properties) {
  const [over, setOver] = useState(false);
  const [sending, setSending] = useState<readonly Sending[]>([]);
  const [leftOut, setLeftOut] = useState("");
  const count = useRef(0);
  const known = useLoad(`songs ${takesVersion.value}`, listSongs);
  const add = (song: LikeSong): void => onChange((old) => (old.length < MOST && !old.some((one) => one.id === song.id) ? [...old, song] : old));
  const bring = async (files: readonly File[]): Promise<void> => {
    const sounds = files.filter(isSound);
    const taken = sounds.slice(0, Math.max(MOST - songs.length - sending.filter((one) => one.state !== "failed").length, 0));
    setLeftOut([files.length > sounds.length && l.noSound(files.length - sounds.length), sounds.length > taken.length && l.tooMany(MOST)].filter(Boolean).join(" "));
    const rows = taken.map((file) => ({ key: count.current++, file }));
    setSending((old) => [...old, ...rows.map(({ key, file }): Sending => ({ key, name: file.name, state: "waits", share: 0, trouble: null }))]);
    onComing(rows.length);
    for (const { key, file } of rows) {
      const tell = (change: Partial<Sending>): void => setSending((old) => old.map((one) => (one.key === key ? { ...one, ...change } : one)));
      try {
        if (!file.size) throw new Trouble(0, l.empty, l.emptyRemedy);
        const id = await sendFile(file, (state, share) => tell({ state, share }));
        const { seconds } = await api.get("/v1/assets/{asset}", { path: { asset: id } });
        add({ id, name: file.name, seconds });
        setSending((old) => old.filter((one) => one.key !== key));
      } catch (error) {
        tell({ state: "failed", trouble: asTrouble(error) });
      }
      onComing(-1);
    }
    if (rows.length) known.again();
  };
  const full = songs.length + sending.filter((one) => one.state !== "failed").length >= MOST;
  return (
    <section class={`like${over ? " over" : ""}`} aria-label={l.title} onDragOver={(event) => (event.preventDefault(), setOver(true))} onDragLeave={() => setOver(false)}
      onDrop={(event) => (event.preventDefault(), setOver(false), event.dataTransfer && void filesOf(event.dataTransfer).then(bring))}>
      <div class="ways">
        <div class="what">
          <h2>{l.title}</h2>
          <p class="soft small">{over ? l.dropNow : l.what}</p>
        </div>
        <label class={`button${full ? " off" : ""}`}>
          <Icon name="export" />
          {l.choose}
          <input type="file" multiple class="hidden" accept={SOUND_FILES} disabled={full} aria-label={l.chooseFiles} onChange={(event) => (void bring([...(event.currentTarget.files ?? [])]), (event.currentTarget.value = ""))} />
        </label>
        <Here groups={[{ title: l.takes, songs: known.data?.takes ?? [] }, { title: l.files, songs: known.data?.files ?? [] }]} taken={songs} off={full} onAdd={add} />
      </div>
      {leftOut && <p class="small" role="status">{leftOut}</p>}
      {(songs.length > 0 || sending.length > 0) && (
        <ul class="songs">
          {songs.map((one) => (
            <li key={one.id}>
              <Song song={one} found={readings.of(one)} reading={readings.now?.id === one.id} onAgain={() => readings.again(one)} onDrop={() => onChange((old) => old.filter((other) => other.id !== one.id))} />
            </li>
          ))}
          {sending.map((one) => <li key={`file ${one.key}`}><Coming one={one} onDrop={() => setSending((old) => old.filter((other) => other.key !== one.key))} /></li>)}
        </ul>
      )}
    </section>
  );
}

/** A take of the studio, or a file that was brought before. */
function Here({ groups, taken, off, onAdd }: { groups: readonly { title: string; songs: readonly { source: string; name: string; seconds: number }[] }[]; taken: readonly LikeSong[]; off: boolean; onAdd: (song: LikeSong) => void }) {
  const [source, setSource] = useState("");
  const open = groups.map(({ title, songs }) => ({ title, songs: songs.filter((one) => !taken.some((other) => other.id === one.source)) })).filter((one) => one.songs.length > 0);
  const picked = open.flatMap((one) => one.songs).find((one) => one.source === source);
  if (!open.length) return null;
  return (
    <div class="here">
      <select aria-label={l.here} value={picked?.source ?? ""} disabled={off} onChange={(event) => setSource(event.currentTarget.value)}>
        <option value="">{l.here}</option>
        {open.map(({ title, songs }) => <optgroup key={title} label={title}>{songs.map((one) => <option key={one.source} value={one.source}>{`${one.name.slice(0, 60)} · ${clock(one.seconds)}`}</option>)}</optgroup>)}
      </select>
      <button type="button" class="button" disabled={!picked || off} onClick={() => (onAdd({ id: picked!.source, name: picked!.name, seconds: picked!.seconds }), setSource(""))}>{l.add}</button>
    </div>
  );
}

/** A file on its way. */
function Coming({ one, onDrop }: { one: Sending; onDrop: () => void }) {
  return (
    <article class={`panel song${one.trouble ? " wrong" : ""}`} aria-label={one.name}>
      <header class="row">
        <h3 class="grow cut">{one.name}</h3>
        {one.trouble && <button type="button" class="button quiet icon" aria-label={l.drop(one.name)} onClick={onDrop}><Icon name="close" /></button>}
      </header>
      {one.trouble ? <Wrong trouble={one.trouble} name={one.name} /> : <Busy text={one.state === "goes" ? l.sending(one.share) : one.state === "waits" ? l.waitsToGo : l.checking} share={one.state === "goes" ? one.share : undefined} />}
    </article>
  );
}

function Song({ song, found, reading, onAgain, onDrop }: { song: LikeSong; found: Reference | Trouble | undefined; reading: boolean; onAgain: () => void; onDrop: () => void }) {
  const sound = soundOf(song, isRead(found) ? (found.loudness ?? null) : null);
  const mine = engine.sound.value?.key === sound.key;
  const plays = mine && engine.playing.value;
  return (
    <article class={`panel song${found instanceof Trouble ? " wrong" : ""}`} aria-label={song.name}>
      <header class="row">
        {isRead(found) && <button type="button" class="button icon round" aria-label={(plays ? l.pause : l.hear)(song.name)} onClick={() => engine.toggle(sound)}><Icon name={plays ? "pause" : "play"} /></button>}
        <h3 class="grow cut" title={song.name}>{song.name}</h3>
        <span class="soft small">{clock(song.seconds)}</span>
        <button type="button" class="button quiet icon" aria-label={l.drop(song.name)} onClick={onDrop}><Icon name="close" /></button>
      </header>
      {!found && <Busy text={reading ? l.reading : l.waits} />}
      {found instanceof Trouble && (
        <>
          <Wrong trouble={found} name={song.name} />
          <div class="row"><button type="button" class="button" onClick={onAgain}>{l.again}</button></div>
        </>
      )}
      {isRead(found) && (
        <>
          <Waveform peaks={sound.peaks} seconds={song.seconds} height={36} played={mine ? engine.position.value : 0} label={l.waveform(song.name)} onSeek={(to) => (mine ? engine.seek(to) : void engine.play(sound, to))} />
          <What found={found} name={song.name} />
        </>
      )}
    </article>
  );
}

/** What was read, line by line, and what of it is not taken. */
function What({ found, name }: { found: Reference; name: string }) {
  return (
    <div class="read-of">
      {(found.read ?? []).length > 0 && <ul class="small" aria-label={l.readOf(name)}>{found.read!.map((text) => <li key={text}>{typeset(text)}</li>)}</ul>}
      {(found.doubted ?? []).length > 0 && (
        <div class="doubted soft small">
          <strong>{l.doubted}</strong>
          <ul aria-label={l.doubtedOf(name)}>{found.doubted!.map((text) => <li key={text}>{typeset(text)}</li>)}</ul>
        </div>
      )}
    </div>
  );
}

function Wrong({ trouble, name }: { trouble: Trouble; name: string }) {
  return (
    <p class="small" role="alert">
      <span class="bad-text">{l.unused(withoutHashes(trouble.detail.replace(`${name}: `, "")))}</span> <span class="soft">{trouble.remedy && `${trouble.remedy[0]!.toUpperCase()}${trouble.remedy.slice(1)}.`}</span>
    </p>
  );
}

function Busy({ text, share }: { text: string; share?: number | undefined }) {
  return (
    <div role="status" class="busy small soft">
      <span>{text}</span>
      <progress value={share} aria-label={text} />
    </div>
  );
}

function soundOf(song: LikeSong, lufs: number | null): engine.Sound {
  const common = { title: song.name, seconds: song.seconds, lufs, bar: null };
  if (IS_TAKE.test(song.id)) return { ...common, key: `take:${song.id}`, url: `/v1/takes/${song.id}/audio`, peaks: `/v1/takes/${song.id}/peaks`, place: `/takes/${song.id}` };
  const place = { key: song.id };
  return { ...common, key: `asset:${song.id}`, url: address("/v1/assets/{key}/audio", place), peaks: address("/v1/assets/{key}/peaks", place), place: `/library/inspect/${encodeURIComponent(song.id)}` };
}

/** Which song a track follows, or its candidates are `held` against. A plan names a take by its id; it is shown as it is called. */
export function Follows({ song, held = false }: { song: Reference; held?: boolean }) {
  return <p class="small soft">{held ? l.held : l.follows} {IS_TAKE.test(song.name) ? <TakeName song={song} /> : <span class="name">{song.name}</span>}{held && (song.learned ? l.heldNot : l.heldWhat)}</p>;
}

/** The take that a song is, which has its content; a file may be called as a take is. */
function TakeName({ song }: { song: Reference }) {
  const id = song.name;
  const found = useLoad(`name ${id} ${song.content}`, async (signal) => {
    const { take, labels } = await api.get("/v1/takes/{take}", { path: { take: id }, signal });
    if (take.audio && take.audio !== song.content) return "";
    noteLabels([take], { [id]: labels });
    return nameOf(take);
  });
  return found.data ? <a href={`/takes/${id}`}>{found.data}</a> : <span class="name">{id}</span>;
}
