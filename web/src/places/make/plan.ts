/// What a person asks of Make, as the record that the server takes and as the line that a terminal takes.
import type { Schemas } from "../../api/client";

export interface Wish {
  words: string;
  bpm: string;
  key: string;
  meter: string;
  seconds: string;
  takes: string;
  seed: string;
  steps: string;
  producer: string;
  variant: string;
  lyrics: string;
  chords: string;
  form: string;
  players: string;
  tempi: string;
  /** What a take is to keep, else it is played again. */
  hold: string;
  /** How often it is played at most. */
  tries: string;
  /** Notes that are given, by the part that plays them. */
  lines: readonly Schemas["Line"][];
}
export const NO_WISH: Wish = { words: "", bpm: "", key: "", meter: "", seconds: "30", takes: "2", seed: "", steps: "", producer: "", variant: "nano", lyrics: "", chords: "", form: "", players: "", tempi: "", hold: "", tries: "", lines: [] };

const number = (text: string): number | undefined => (text.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text));

/** Without what is left open: the server draws and chooses it. */
function said<T extends Record<string, unknown>>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== "")) as Partial<T>;
}

/** Whether a form, or notes, say how long the song is. */
const saysLength = (wish: Wish): boolean => Boolean(wish.form.trim() || wish.lines.length);

/** The plan of a job `make`. */
export function planOf(wish: Wish): Record<string, unknown> {
  const prompt = said({ caption: wish.words.trim(), bpm: number(wish.bpm), key: wish.key.trim(), meter: number(wish.meter), lyrics: wish.lyrics.trim() });
  const play = said({ variant: wish.variant, batch: number(wish.takes), seed: number(wish.seed), steps: number(wish.steps) });
  if (wish.producer) play["adapters" as never] = [wish.producer] as never;
  const song = said({ chords: wish.chords.trim(), form: wish.form.trim(), players: wish.players.trim(), tempi: wish.tempi.trim(), lines: wish.lines.length ? wish.lines : undefined });
  const seconds = saysLength(wish) ? {} : said({ seconds: number(wish.seconds) });
  const hold = wish.hold.trim() ? said({ hold: wish.hold.trim(), tries: number(wish.tries) }) : {};
  return { plan: { ...seconds, prompt, play, ...hold, ...(Object.keys(song).length ? { song } : {}) } };
}

/** The same on the command line. */
export function commandOf(wish: Wish): string[] {
  const line = ["twin", "make", wish.words.trim()];
  const options: [string, string][] = [
    ["--bpm", wish.bpm], ["--key", wish.key], ["--meter", wish.meter], ["--duration", saysLength(wish) ? "" : wish.seconds], ["--batch", wish.takes],
    ["--seed", wish.seed], ["--steps", wish.steps], ["--adapter", wish.producer], ["--variant", wish.variant], ["--lyrics", wish.lyrics], ["--chords", wish.chords], ["--form", wish.form], ["--players", wish.players], ["--tempi", wish.tempi],
    ["--hold", wish.hold], ["--tries", wish.hold.trim() ? wish.tries : ""],
    ...wish.lines.map((one): [string, string] => ["--line", `${one.section ? `${one.section} ` : ""}${one.part}: ${one.notes}`]),
  ];
  for (const [name, value] of options) if (value.trim()) line.push(name, value.trim());
  return line;
}
