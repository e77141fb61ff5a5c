/// A song from outside: a MIDI file, a tune, a song sheet, a hummed line, a recording. What was read is shown, with how sure it is.
import { useState } from "preact/hooks";
import { Trouble } from "../api/client";
import { asTrouble } from "../api/load";
import { SOUND_FILES } from "../api/songs";
import { Icon } from "../parts/icons";
import { Failure } from "../parts/states";
import { said } from "../strings/song";
import { Humming } from "./humming";
import { forget, type Imported, type Known, readSong, send, type Sent, type Source } from "./reading";
import { Tracks } from "./tracks";

const b = said.bring;
const KINDS: readonly { source: Source; title: string; what: string; accept: string }[] = [
  { source: "midi", title: b.midi, what: b.midiWhat, accept: ".mid,.midi,.kar,.rmi,.smf,audio/midi" },
  { source: "abc", title: b.abc, what: b.abcWhat, accept: ".abc,.txt,text/plain" },
  { source: "sheet", title: b.sheet, what: b.sheetWhat, accept: ".toml,application/toml" },
  { source: "hum", title: b.hum, what: b.humWhat, accept: SOUND_FILES },
  { source: "like", title: b.like, what: b.likeWhat, accept: SOUND_FILES },
];
interface Properties {
  known: Known;
  /** How many semitones higher the song was put since the file was read. */
  higher: number;
  /** Take what was read, so many semitones higher; what it tells of fields that stay as they are. */
  onRead: (song: Imported, before: Imported | null, transpose: number) => string;
  onForget: (song: Imported) => void;
}
interface Held {
  sent: Sent;
  song: Imported;
  parts: string;
  kept: string;
}

export function Bring({ known, higher, onRead, onForget }: Properties) {
  const [busy, setBusy] = useState("");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [held, setHeld] = useState<Held | null>(null);
  const read = async (sent: Sent, parts: string, before: Imported | null, transpose = 0): Promise<void> => {
    setBusy(b.reading(sent.name));
    const song = await readSong(sent, parts, known, transpose);
    setHeld({ sent, song, parts, kept: onRead(song, before, transpose) });
  };
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setTrouble(null);
    try {
      await work();
    } catch (error) {
      setTrouble(asTrouble(error));
    } finally {
      setBusy("");
    }
  };
  const bring = (source: Source, file: File | undefined, recorded = false): void => {
    if (!file || busy) return;
    void attempt(async () => {
      setBusy(b.sending(file.name, 0));
      const sent = await send(source, file, recorded, (state, share) => setBusy(state === "goes" ? b.sending(file.name, share) : b.reading(file.name)));
      try {
        await read(sent, "", held?.song ?? null);
        if (held) await forget(held.sent);
      } catch (error) {
        await forget(sent);
        throw error;
      }
    });
  };
  const again = (parts: string): void => void attempt(() => read(held!.sent, parts, held!.song, higher));
  const drop = (): void => {
    onForget(held!.song);
    void forget(held!.sent);
    setHeld(null);
  };
  return (
    <div class="bring">
      <h3>{b.title}</h3>
      <div class="sources">
        {KINDS.map((kind) => <Way key={kind.source} {...kind} busy={Boolean(busy)} onFile={(file, recorded) => bring(kind.source, file, recorded)} onTrouble={setTrouble} />)}
      </div>
      <p class="soft small" role="status">{busy}</p>
      {trouble && <Failure trouble={trouble} />}
      {held && (
        <div class="panel read">
          <div class="row between">
            <h3>{b.found(held.sent.name)}</h3>
            <button type="button" class="button quiet" onClick={drop}>{b.forget}</button>
          </div>
          <ul class="told">{tellReading(held).map((text) => <li key={text}>{text}</li>)}</ul>
          <Tracks song={held.song} source={held.sent.source} parts={held.parts} busy={Boolean(busy)} onChange={again} />
        </div>
      )}
    </div>
  );
}

/** What the reader says of the file that is named above it; the tracks have a table. */
function tellReading({ song, sent, kept }: Held): string[] {
  const texts = song.notes.map((text) => (text.startsWith(`${sent.name}: `) ? text.slice(sent.name.length + 2) : text));
  return [...texts.filter((text) => !text.startsWith("tracks: ")), kept].filter(Boolean).map((text) => text[0]!.toUpperCase() + text.slice(1));
}

function Way({ source, title, what, accept, busy, onFile, onTrouble }: (typeof KINDS)[number] & { busy: boolean; onFile: (file: File | undefined, recorded?: boolean) => void; onTrouble: (trouble: Trouble | null) => void }) {
  const [over, setOver] = useState(false);
  return (
    <div class={`way${over ? " over" : ""}`} onDragOver={(event) => (event.preventDefault(), setOver(true))} onDragLeave={() => setOver(false)}
      onDrop={(event) => (event.preventDefault(), setOver(false), onFile(event.dataTransfer?.files[0]))}>
      <h4>{title}</h4>
      <p class="soft small">{what}</p>
      <div class="row">
        {source === "hum" && <Humming busy={busy} onFile={(file) => onFile(file, true)} onTrouble={onTrouble} />}
        <label class={`button${busy ? " off" : ""}`}>
          <Icon name="export" />
          {b.chooseShort}
          <input type="file" class="hidden" accept={accept} disabled={busy} aria-label={b.choose(title)}
            onChange={(event) => (onFile(event.currentTarget.files?.[0]), (event.currentTarget.value = ""))} />
        </label>
        <span class="faint small drop-hint">{b.orDrop}</span>
      </div>
    </div>
  );
}
