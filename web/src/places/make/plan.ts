/// What a person asks of Make, as the record that the server takes and as the line that a terminal takes.
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
}
export const NO_WISH: Wish = { words: "", bpm: "", key: "", meter: "", seconds: "30", takes: "2", seed: "", steps: "", producer: "", variant: "nano", lyrics: "" };

const number = (text: string): number | undefined => (text.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text));

/** Without what is left open: the server draws and chooses it. */
function said<T extends Record<string, unknown>>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== "")) as Partial<T>;
}

/** The plan of a job `make`. */
export function planOf(wish: Wish): Record<string, unknown> {
  const prompt = said({ caption: wish.words.trim(), bpm: number(wish.bpm), key: wish.key.trim(), meter: number(wish.meter), lyrics: wish.lyrics.trim() });
  const play = said({ variant: wish.variant, batch: number(wish.takes), seed: number(wish.seed), steps: number(wish.steps) });
  if (wish.producer) play["adapters" as never] = [wish.producer] as never;
  return { plan: { ...said({ seconds: number(wish.seconds) }), prompt, play } };
}

/** The same on the command line. */
export function commandOf(wish: Wish): string[] {
  const line = ["twin", "make", wish.words.trim()];
  const options: [string, string][] = [
    ["--bpm", wish.bpm], ["--key", wish.key], ["--meter", wish.meter], ["--duration", wish.seconds], ["--batch", wish.takes],
    ["--seed", wish.seed], ["--steps", wish.steps], ["--adapter", wish.producer], ["--variant", wish.variant], ["--lyrics", wish.lyrics],
  ];
  for (const [name, value] of options) if (value.trim()) line.push(name, value.trim());
  return line;
}
