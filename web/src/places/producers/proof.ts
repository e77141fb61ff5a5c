/// The figures of a proof, as far as the page shows them.
import { api, Trouble } from "../../api/client";
import { said } from "../../strings/producers";

export interface Interval {
  value: number;
  low: number;
  high: number;
}
interface Near {
  gain: Interval | null;
  songs: number;
}
export interface Figures {
  subject: { producer: string; variant: string; prompts: number; train: number; held: number };
  ears: Record<string, { nearness: Near | null; folded: Near | null }>;
  kept: Record<string, { songs: number; real: Interval; base: Interval; twin: Interval; difference: Interval }>;
  verdicts: readonly { claim: string; proven: boolean | null; words: string }[];
  answer: string;
  basis: string;
}
export interface ProofFacts {
  id: string;
  run: string | null;
  name: string;
  made: string;
  report: boolean;
}

/** The status of a proof that is there and tells nothing: reading it again does not help. */
export const UNREAD = 0;

export async function readFigures(proof: string, signal: AbortSignal): Promise<Figures> {
  const found = (await api.get("/v1/proofs/{proof}", { path: { proof }, signal })) as unknown as Partial<Figures>;
  if (!found.subject || !found.verdicts) throw new Trouble(UNREAD, said.unread, said.unreadRemedy);
  return { ears: {}, kept: {}, answer: "", basis: "", ...found } as Figures;
}

/** The style gain by the ear that decides. */
export function gainOf(figures: Figures): Interval | null {
  const first = Object.values(figures.ears ?? {})[0];
  return (first?.nearness ?? first?.folded)?.gain ?? null;
}
