/// Byte-level pieces of words (Sennrich et al. 2016, over bytes), as `tokenizer.json` describes them: marks that are taken whole
/// wherever they stand, and between them words whose bytes are joined in the order of the merges.
interface Described {
  added_tokens: { id: number; content: string }[];
  model: { vocab: Record<string, number>; merges: ([string, string] | string)[] };
}

const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

export interface Token {
  id: number;
  /// Where in the text it begins.
  start: number;
}

export class Tokenizer {
  private readonly ids: Map<string, number>;
  private readonly ranks: Map<string, number>;
  private readonly marks: Map<string, number>;
  private readonly mark: RegExp;

  constructor(told: Described) {
    this.ids = new Map(Object.entries(told.model.vocab));
    this.ranks = new Map(told.model.merges.map((pair, rank) => [typeof pair === "string" ? pair : pair.join(" "), rank]));
    this.marks = new Map(told.added_tokens.map((token) => [token.content, token.id]));
    const longest = [...this.marks.keys()].sort((a, b) => b.length - a.length);
    this.mark = new RegExp(longest.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|") || "(?!)", "g");
  }

  encode(text: string): Token[] {
    const found: Token[] = [];
    let rest = 0;
    for (const match of text.matchAll(this.mark)) {
      found.push(...this.split(text, rest, match.index), { id: this.marks.get(match[0])!, start: match.index });
      rest = match.index + match[0].length;
    }
    return [...found, ...this.split(text, rest, text.length)];
  }

  private split(text: string, from: number, to: number): Token[] {
    const words = [...text.slice(from, to).matchAll(WORDS)];
    return words.flatMap((word) => this.join(word[0]).map((id) => ({ id, start: from + word.index })));
  }

  /// The ids of one word's pieces.
  private join(word: string): number[] {
    let pieces = [...new TextEncoder().encode(word)].map((byte) => LETTERS[byte]!);
    while (pieces.length > 1) {
      let best = Infinity;
      for (let i = 0; i + 1 < pieces.length; i++) best = Math.min(best, this.rank(pieces, i));
      if (best === Infinity) break;
      const joined: string[] = [];
      for (let i = 0; i < pieces.length; i++) joined.push(this.rank(pieces, i) === best ? pieces[i]! + pieces[++i]! : pieces[i]!);
      pieces = joined;
    }
    return pieces.flatMap((piece) => this.ids.get(piece) ?? []);
  }

  private rank(pieces: string[], place: number): number {
    return this.ranks.get(`${pieces[place]} ${pieces[place + 1]}`) ?? Infinity;
  }
}

/// The letter that stands for each byte: itself where it can be seen, else one from 256 on.
const LETTERS: string[] = (() => {
  const seen = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(seen(byte) ? byte : next++));
})();
