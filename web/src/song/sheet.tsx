/// The song sheet of Make: form, chords and notes as fields, and the lead sheet of them while they are written.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, type Schemas, type Trouble } from "../api/client";
import { asTrouble } from "../api/load";
import type { Understood } from "../api/takes";
import { later } from "../parts/later";
import type { Wish } from "../places/make/plan";
import { said } from "../strings/song";
import { LeadSheet } from "./chart";
import type { Imported, Known } from "./reading";
import { Transpose } from "./transpose";

const Bring = later(async () => (await import("./bring")).Bring, 160);
const WAIT = 200;
type Reading = Schemas["SongReading"];
type Fault = Schemas["SongFault"];
interface Properties {
  wish: Wish;
  understood: Understood | null;
  trouble: Trouble | null;
  onChange: (change: Partial<Wish>) => void;
}
const FIELDS = ["chords", "form", "players", "tempi", "hold"] as const;
/** What a file may say of a song. */
const READ = ["words", "form", "chords", "bpm", "key", "meter", "players", "tempi", "lyrics"] as const;
/** Those of them that are told where they stay as they were written. */
const TOLD: readonly string[] = ["form", "chords", "players", "lyrics"];
type Words = Schemas["SongWords"];

const number = (text: string): number | null => (text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text));

/** What the server reads in the song, a moment after it was written. */
function useReading(wish: Wish): { reading: Reading | null; trouble: Trouble | null; written: boolean; body: Words } {
  const [state, setState] = useState<{ reading: Reading | null; trouble: Trouble | null }>({ reading: null, trouble: null });
  const body: Words = { hold: wish.hold, caption: wish.words, bpm: number(wish.bpm), key: wish.key, meter: number(wish.meter), form: wish.form, chords: wish.chords, players: wish.players, tempi: wish.tempi, lines: [...wish.lines] };
  const written = Boolean([wish.form, wish.chords, wish.players, wish.tempi].some((one) => one.trim()) || wish.lines.length);
  useEffect(() => {
    if (!written && !wish.hold.trim()) return setState({ reading: null, trouble: null });
    const control = new AbortController();
    const timer = setTimeout(() => {
      api.post("/v1/songs/check", { body, signal: control.signal }).then(
        (reading) => setState({ reading, trouble: null }),
        (error: Error) => !control.signal.aborted && setState({ reading: null, trouble: asTrouble(error) }),
      );
    }, WAIT);
    return () => (clearTimeout(timer), control.abort());
  }, [JSON.stringify(body)]);
  return { ...state, written, body };
}

export function SongSheet({ wish, understood, trouble, onChange }: Properties) {
  const { reading, trouble: unread, written, body } = useReading(wish);
  const [higher, setHigher] = useState(0);
  const filled = useRef<Partial<Wish>>({});
  const latest = useRef(wish);
  latest.current = wish;
  const faultsOf = (name: string): readonly Fault[] => reading?.faults.filter((one) => one.field === name) ?? [];
  const others = reading?.faults.filter((one) => !(FIELDS as readonly string[]).includes(one.field) && (written || one.field)) ?? [];
  const refused = (name: string): boolean => Boolean(trouble?.errors.some((one) => one.pointer.endsWith(`/${name}`)));
  /** What was written, and not filled by a file. */
  const own = (name: "bpm" | "key" | "meter"): string => (wish[name] === filled.current[name] ? "" : wish[name]);
  const known: Known = { bpm: number(own("bpm")) ?? understood?.bpm ?? null, key: own("key") || (understood?.key ?? ""), meter: number(own("meter")) ?? understood?.meter ?? null };

  /** Fill what is open, or was filled by a file before; what was written stays, and that is told. */
  const fill = (song: Imported, before: Imported | null, transpose: number): string => {
    const now = latest.current;
    setHigher(transpose);
    const found = { words: song.caption, players: song.players, lyrics: song.lyrics, form: song.form, chords: song.chords, bpm: song.bpm && !understood?.bpm ? String(song.bpm) : "", key: understood?.key ? "" : (song.key ?? ""), meter: understood?.meter ? "" : String(song.meter), tempi: song.tempi };
    const open = (name: keyof typeof found): boolean => !now[name].trim() || now[name] === filled.current[name];
    const change: Partial<Wish> = {};
    const stays: string[] = [];
    for (const name of READ) {
      if (open(name)) change[name] = found[name];
      else if (found[name] && found[name] !== now[name] && TOLD.includes(name)) stays.push(name);
    }
    filled.current = change;
    const taken = new Set([...(before?.lines ?? []), ...song.lines].map((one) => one.part));
    onChange({ ...change, lines: [...now.lines.filter((one) => !taken.has(one.part)), ...song.lines] });
    return stays.length ? said.bring.kept(stays.join(", ")) : "";
  };
  const empty = (song: Imported): void => {
    const now = latest.current;
    const change = Object.fromEntries(Object.entries(filled.current).filter(([name, value]) => now[name as keyof Wish] === value).map(([name]) => [name, ""]));
    const taken = new Set(song.lines.map((one) => one.part));
    filled.current = {};
    onChange({ ...change, lines: now.lines.filter((one) => !taken.has(one.part)) });
  };
  /** Put everything that is written into another key; what a file filled still counts as filled. */
  const shift = (moved: Schemas["ShiftedSong"], semitones: number): void => {
    const now = latest.current;
    const change: Partial<Wish> = { chords: moved.chords, key: moved.key || now.key, lines: moved.lines };
    for (const name of ["chords", "key"] as const) if (filled.current[name] === now[name]) filled.current[name] = change[name]!;
    setHigher(higher + semitones);
    onChange(change);
  };
  return (
    <>
      <p class="soft small">{said.what}</p>
      <div class="song-fields">
        {FIELDS.map((name) => (
          <Field key={name} name={name} value={wish[name]} faults={faultsOf(name)} refused={refused(name)} onInput={(text) => onChange({ [name]: text })} />
        ))}
      </div>
      <div class="fields shift">
        <Transpose body={body} off={!written || Boolean(reading?.faults.length)} onMoved={shift} />
        {wish.hold.trim() && (
          <label class="field">
            <span>{said.tries}</span>
            <input type="number" min={1} max={20} value={wish.tries} placeholder="4" onInput={(event) => onChange({ tries: event.currentTarget.value })} />
          </label>
        )}
      </div>
      {wish.lines.length > 0 && (
        <ul class="chips" aria-label={said.givenNotes}>
          {wish.lines.map((one, at) => (
            <li key={at}>
              <button type="button" class="chip known" aria-label={said.leaveOut(one.part)} title={said.leaveOut(one.part)} onClick={() => onChange({ lines: wish.lines.filter((_, other) => other !== at) })}>
                {said.notesOf(one.part)} <span aria-hidden="true">×</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {others.map((one) => <Mistake key={one.detail} fault={one} />)}
      {unread && <p class="fault" role="alert">{[unread.detail, unread.remedy].filter(Boolean).join(". ")}</p>}
      <div class="sheet-live" aria-live="off">
        {reading?.chart ? (
          <>
            <LeadSheet chart={reading.chart} label={said.sheet} />
            {reading.chart.notes.length > 0 && <ul class="told soft small">{reading.chart.notes.map((text) => <li key={text}>{text}</li>)}</ul>}
          </>
        ) : (
          <p class="faint small">{reading?.faults.length ? said.mistakes : written ? "" : said.sheetEmpty}</p>
        )}
      </div>
      <Bring known={known} higher={higher} onRead={fill} onForget={empty} />
      <label class="field">
        <span>{said.lyrics}</span>
        <textarea rows={4} placeholder={said.lyricsHint} value={wish.lyrics} onInput={(event) => onChange({ lyrics: event.currentTarget.value })} />
      </label>
    </>
  );
}

interface FieldProperties {
  name: (typeof FIELDS)[number];
  value: string;
  faults: readonly Fault[];
  refused: boolean;
  onInput: (text: string) => void;
}

function Field({ name, value, faults, refused, onInput }: FieldProperties) {
  const told = `song-${name}-faults`;
  const wrong = faults.length > 0 || refused;
  return (
    <div class={`song-field ${name}`}>
      <label class="field">
        <span>{said[name]}</span>
        <textarea rows={name === "chords" ? 3 : 1} spellcheck={false} autocomplete="off" value={value} placeholder={said[`${name}Hint`]} aria-invalid={wrong ? "true" : undefined}
          aria-describedby={told} onInput={(event) => onInput(event.currentTarget.value)} />
      </label>
      <div id={told} aria-live="polite">{faults.slice(0, 5).map((one) => <Mistake key={one.detail} fault={one} bare />)}</div>
    </div>
  );
}

/** A text that begins with a capital letter and ends with a full stop. */
const sentence = (text: string): string => (text ? `${text[0]!.toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}` : "");

/** One mistake, and what to write instead. */
function Mistake({ fault, bare = false }: { fault: Fault; bare?: boolean }) {
  const where = bare ? "" : said.fields[fault.field];
  return (
    <p class="fault">
      <strong>{sentence([where, fault.detail].filter(Boolean).join(": "))}</strong> <span class="soft">{sentence(fault.remedy)}</span>
    </p>
  );
}
