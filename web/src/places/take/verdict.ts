/// What is to be said of a take in one sentence, from what was measured: tempo, key, cleanness, loudness.
import type { Take } from "../../api/client";
import { words } from "../../strings";

const v = words.take.verdicts;

/** `90 bpm, as asked; 79% of the notes in A minor; no clipping, no dropouts; −16.4 LUFS.` */
export function verdictOf(take: Take): string {
  const read = (name: string): number | null => take.meters?.[name] ?? null;
  const said: string[] = [];
  const bpm = read("bpm");
  const asked = take.metas?.bpm ?? null;
  if (bpm !== null) said.push(v.tempo(Math.round(bpm), asked === null ? null : Math.round(asked)));
  if (take.metas?.key) said.push(v.key(take.metas.key, read("in_scale_share")));
  const clipped = read("clipped_share") ?? 0;
  const dropouts = read("dropouts") ?? 0;
  const silent = read("silence_share") ?? 0;
  const faults = [clipped > 0 && v.clipped(clipped), dropouts > 0 && v.dropouts(dropouts), silent > 0.2 && v.silent(silent)].filter(Boolean) as string[];
  if (read("clipped_share") !== null) said.push(faults.length ? faults.join(", ") : v.clean);
  const loud = read("loudness_lufs");
  if (loud !== null) said.push(`${loud.toFixed(1).replace("-", "−")} ${words.units.lufs}`);
  return said.length ? `${said.join("; ")}.` : "";
}
