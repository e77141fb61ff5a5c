/// Files as songs: sent, read by the server, and put into what is written, which always counts before them.
import { api, type Schemas, Trouble } from "../api/client";
import { isSound, sendFile } from "../places/tracks/uploads";
import { said } from "../strings/song";

const b = said.bring;
export type Source = Schemas["SongImport"]["source"];
export type Imported = Schemas["ImportedSong"];
export type Line = Schemas["Line"];
/** What is known of the song before a file is read. */
export interface Known {
  bpm: number | null;
  key: string;
  meter: number | null;
}
/** A file that was sent, to be read again in another way. */
export interface Sent {
  source: Source;
  name: string;
  asset: string;
  midi: string;
  /** A tune in ABC notation, or a song sheet. */
  text: string;
  /** Whether it was recorded here, and is nobody's file. */
  recorded: boolean;
}

const MIDI = /\.(mid|midi|kar|rmi|smf)$/i;
const LARGEST_MIDI = 4 << 20;
const TEXTS: Partial<Record<Source, { ending: RegExp; kinds: string }>> = {
  abc: { ending: /\.(abc|txt)$/i, kinds: b.abcKinds },
  sheet: { ending: /\.toml$/i, kinds: b.sheetKinds },
};
const LARGEST_TEXT = 256 << 10;

/** Send a file of the kind that `source` reads. Raises `Trouble` for another. */
export async function send(source: Source, file: File, recorded: boolean, tell: (state: "goes" | "checked", share: number) => void): Promise<Sent> {
  const found = { source, name: file.name, asset: "", midi: "", text: "", recorded };
  const written = TEXTS[source];
  if (written) {
    if (!written.ending.test(file.name)) throw new Trouble(0, b.whatKind, written.kinds);
    if (file.size > LARGEST_TEXT) throw new Trouble(0, b.tooLong, b.tooLargeRemedy);
    return { ...found, text: await file.text() };
  }
  if (source === "midi") {
    if (!MIDI.test(file.name)) throw new Trouble(0, b.whatKind, b.midiKinds);
    if (file.size > LARGEST_MIDI) throw new Trouble(0, b.tooLarge, b.tooLargeRemedy);
    return { ...found, midi: encode(new Uint8Array(await file.arrayBuffer())) };
  }
  if (!isSound(file)) throw new Trouble(0, b.whatKind, b.soundKinds);
  return { ...found, asset: await sendFile(file, tell) };
}

function encode(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

/** Read what was sent, so many semitones higher. `parts` says who plays it; guessed where it is empty. */
export const readSong = ({ source, midi, text, asset, name }: Sent, parts: string, known: Known, transpose: number): Promise<Imported> =>
  api.post("/v1/songs/import", { body: { source, midi, text, asset, name, parts, bpm: known.bpm, key: known.key, meter: known.meter, transpose } });

/** Delete a recording of the microphone; somebody's own file stays. */
export async function forget(sent: Sent): Promise<void> {
  if (sent.recorded && sent.asset) await api.delete("/v1/assets/{asset}", { path: { asset: sent.asset } }).catch(() => undefined);
}
