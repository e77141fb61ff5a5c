/// ACE-Step's prompt and lyric templates for music from words, as `model/sampling/prompts.py` writes them.
import type { Tokenizer } from "./tokens";

export interface Metas {
  bpm: number | null;
  /// In the instrument's spelling, such as `F# minor`.
  key: string | null;
  meter: number | null;
}

/// What of an instrument's card decides how its prompt is written.
export interface PromptFacts {
  text_tokens: number;
  /// Rarer words and the common one that the instrument knows them by; none where it knows words at large.
  common: Record<string, string>;
}

export interface Prompt {
  text: number[];
  lyrics: number[];
  /// How many letters of the caption are heard, of how many there are.
  heard: number;
  said: number;
}

const LYRICS = "# Languages\nunknown\n\n# Lyric\n[Instrumental]<|endoftext|>";

function write(caption: string, metas: Metas, seconds: number): string {
  const bpm = metas.bpm === null ? "N/A" : roundToEven(metas.bpm);
  const facts = `- bpm: ${bpm}\n- timesignature: ${metas.meter ?? "N/A"}\n- keyscale: ${metas.key ?? "N/A"}\n`;
  const head = `# Instruction\nFill the audio semantic mask based on the given conditions:\n\n# Caption\n${caption}\n\n`;
  return `${head}# Metas\n${facts}- duration: ${Math.floor(seconds)} seconds\n<|endoftext|>\n`;
}

/// As Python rounds: halves to the even number.
export function roundToEven(value: number): number {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low % 2) : Math.round(value);
}

/// A caption without marks of special tokens, and in common words where the instrument learned few.
function readCaption(caption: string, common: Record<string, string>): string {
  const plain = caption.replace(/<\|(.*?)\|>/g, "$1").trim();
  const rare = Object.keys(common).sort((a, b) => b.length - a.length);
  if (rare.length === 0) return plain;
  const any = rare.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_-])(?:${any})(?![\\p{L}\\p{N}_-])`, "giu");
  return plain.replace(pattern, (word) => common[word.toLowerCase()]!).toLowerCase();
}

/// The first words of `text` that make at most `most` tokens; a single long word is cut inside.
function cut(tokenizer: Tokenizer, text: string, most: number): string {
  const tokens = tokenizer.encode(text);
  if (tokens.length <= most) return text;
  const head = most > 0 ? text.slice(0, tokens[most]!.start) : "";
  const tail = Math.max(head.lastIndexOf(" "), head.lastIndexOf("\n"), head.lastIndexOf(","));
  return (tail > Math.floor(head.length / 2) ? head.slice(0, tail) : head).replace(/[ ,\n]+$/, "");
}

/// Tokens of a take of `seconds`. A caption that is too long loses words, never its metas.
export function buildPrompt(tokenizer: Tokenizer, caption: string, metas: Metas, seconds: number, facts: PromptFacts): Prompt {
  const whole = readCaption(caption, facts.common);
  let kept = whole;
  let text = tokenizer.encode(write(kept, metas, seconds));
  while (text.length > facts.text_tokens && kept) {
    kept = cut(tokenizer, kept, tokenizer.encode(kept).length - (text.length - facts.text_tokens));
    text = tokenizer.encode(write(kept, metas, seconds));
  }
  const ids = (tokens: { id: number }[]) => tokens.map((token) => token.id);
  return { text: ids(text), lyrics: ids(tokenizer.encode(LYRICS)), heard: kept.length, said: whole.length };
}
