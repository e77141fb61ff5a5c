/// The desk while it is worked on: stems and settings, kept in this tab over a reload, written as Faust by the server as they change.
import { computed, signal } from "@preact/signals";
import { api, type Schemas, type Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";
import { end } from "./preview/live";

export type DeskRecord = Schemas["Desk"];
export type Part = Record<string, unknown>;
export interface Input {
  /** Id of a take or of an asset. */
  source: string;
  kind: "take" | "asset";
  title: string;
  /** The strip it goes through. */
  name: string;
  seconds: number;
  bpm: number | null;
}
export const MOST = 12;
/** What the rules set, as long as its moves can be undone one by one. */
export interface Draft {
  id: string;
  moves: readonly Schemas["DraftMove"][];
  /** Places of the moves that are undone. */
  undone: readonly number[];
  /** Strips, and `master`, that were changed by hand since: their moves are gone. */
  own: readonly string[];
}
const KEPT = "twin.desk";
const SOON = 60;
export const EMPTY = { title: "", about: "", bpm: null, strips: {}, buses: {}, master: {}, moves: [] } as unknown as DeskRecord;

interface Kept {
  inputs: Input[];
  desk: DeskRecord;
  draft?: Draft | null;
}

function recall(): Kept {
  try {
    return (JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as Kept | null) ?? { inputs: [], desk: EMPTY };
  } catch {
    return { inputs: [], desk: EMPTY };
  }
}

const first = recall();
export const inputs = signal<readonly Input[]>(first.inputs);
export const desk = signal<DeskRecord>(first.desk);
export const draft = signal<Draft | null>(first.draft ?? null);
export const solo = signal<ReadonlySet<string>>(new Set());
export const notes = signal<readonly string[]>([]);
/** The desk as the server wrote it, and what was wrong with it. */
export const written = signal<Schemas["DeskFaust"] | null>(null);
export const trouble = signal<Trouble | null>(null);
export const names = computed(() => inputs.value.map((one) => one.name));

let timer = 0;
let turn = 0;
function keep(): void {
  sessionStorage.setItem(KEPT, JSON.stringify({ inputs: inputs.value, desk: desk.value, draft: draft.value }));
  clearTimeout(timer);
  timer = window.setTimeout(() => void write(), SOON);
}

/** Have the server write the desk as it is now. */
export async function write(): Promise<void> {
  if (!inputs.value.length) return void ((written.value = null), (trouble.value = null));
  const mine = ++turn;
  try {
    const found = await api.post("/v1/desks/faust", { body: desk.value as never });
    if (mine !== turn) return;
    written.value = found;
    trouble.value = null;
  } catch (error) {
    if (mine === turn) trouble.value = asTrouble(error);
  }
}

/** Another desk, whole; `by` is the draft that it is. */
export function put(to: DeskRecord, by: Draft | null = null): void {
  desk.value = to;
  draft.value = by;
  keep();
}

/** The part of the desk that a move is about. */
export const partOf = (sentence: string): string => sentence.slice(0, sentence.indexOf(":"));

let toggles = 0;
/** Undo a move of the draft, or do it again. What was changed by hand stays, and so does what the other moves did. */
export async function toggleMove(place: number): Promise<void> {
  const known = draft.value;
  if (!known) return;
  const undone = known.undone.includes(place) ? known.undone.filter((one) => one !== place) : [...known.undone, place];
  const mine = ++toggles;
  const found = await api.get("/v1/desks/drafts/{draft}", { path: { draft: known.id }, query: { without: undone } });
  const now = draft.value;
  if (mine !== toggles || now?.id !== known.id) return;
  const own = (part: string): boolean => now.own.includes(part);
  const strips = Object.fromEntries(Object.entries(found.desk.strips ?? {}).map(([name, one]) => [name, own(name) ? desk.value.strips![name]! : one]));
  const sent = new Set(now.own.flatMap((name) => Object.keys(desk.value.strips?.[name]?.sends ?? {})));
  const kept = Object.entries(desk.value.buses ?? {}).filter(([name]) => own(name) || sent.has(name) || name in (found.desk.buses ?? {}));
  put({
    ...desk.value,
    strips,
    buses: { ...found.desk.buses, ...Object.fromEntries(kept) },
    master: own("master") ? desk.value.master : found.desk.master,
    moves: (found.desk.moves ?? []).filter((one) => !own(partOf(one))),
  } as DeskRecord, { ...now, undone });
}

/** Fit a desk to stems called `called`; settings of strips that stay are kept. */
async function fit(base: DeskRecord, wanted: readonly Input[], called: readonly string[]): Promise<void> {
  const found = await api.post("/v1/desks/fit", { body: { desk: base as never, names: [...called] } });
  const strips = Object.keys(found.desk.strips ?? {});
  inputs.value = wanted.map((one, at) => ({ ...one, name: strips[at]! }));
  solo.value = new Set();
  notes.value = found.notes;
  const bpm = found.desk.bpm ?? wanted.find((one) => one.bpm)?.bpm ?? null;
  put({ ...found.desk, bpm });
}

export async function addStems(fresh: readonly Input[]): Promise<void> {
  const known = new Set(inputs.value.map((one) => one.source));
  const wanted = [...inputs.value, ...fresh.filter((one) => !known.has(one.source))].slice(0, MOST);
  if (wanted.length === inputs.value.length) return;
  end();
  await fit(desk.value, wanted, wanted.map((one) => one.name || one.title));
}

export async function dropStem(source: string): Promise<void> {
  const wanted = inputs.value.filter((one) => one.source !== source);
  end();
  if (!wanted.length) return clear();
  await fit(desk.value, wanted, wanted.map((one) => one.name));
}

/** Put a desk under the stems. */
export const lay = (base: DeskRecord): Promise<void> => fit(base, inputs.value, names.value);

export function clear(): void {
  end();
  inputs.value = [];
  solo.value = new Set();
  notes.value = [];
  put(EMPTY);
}

/** Set one place of the desk, such as `["strips", "drums", "gain"]`; sentences about its part go away. */
export function set(path: readonly (string | number)[], value: unknown): void {
  const part = path.length > 1 ? String(path[0] === "master" ? "master" : path[1]) : "";
  const moves = (desk.value.moves ?? []).filter((one) => partOf(one) !== part);
  const known = draft.value;
  put({ ...(setIn(desk.value, path, value) as DeskRecord), moves }, known && { ...known, own: [...new Set([...known.own, part].filter(Boolean))] });
}

function setIn(whole: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(whole)) {
    return value === undefined && !rest.length ? whole.filter((_, at) => at !== head) : whole.map((one, at) => (at === head ? setIn(one, rest, value) : one));
  }
  const { [head]: old, ...others } = (whole ?? {}) as Part;
  if (!rest.length && value === undefined) return others;
  return Object.fromEntries(Object.entries({ ...(whole as Part) }).map(([name, one]) => [name, name === head ? setIn(old, rest, value) : one]).concat(head in ((whole ?? {}) as Part) ? [] : [[head, setIn(old, rest, value)]]));
}

/** Remove a bus, and what is sent to it. */
export function dropBus(name: string): void {
  const strips = Object.fromEntries(Object.entries(desk.value.strips ?? {}).map(([strip, one]) => {
    const { [name]: _, ...sends } = one.sends ?? {};
    return [strip, { ...one, sends }];
  }));
  const { [name]: _, ...buses } = desk.value.buses ?? {};
  put({ ...desk.value, strips, buses } as DeskRecord);
}
