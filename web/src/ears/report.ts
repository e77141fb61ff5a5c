/// Reports on sounds: read from the server, which listens where nobody has yet; and the kinds of defects in words.
import { signal } from "@preact/signals";
import { api, type Schemas } from "../api/client";
import { type Loaded, useLoad } from "../api/load";
import { jobs } from "../state/jobs";

export type Kept = Schemas["KeptReport"];
export type Defect = Schemas["Defect"];
export type DefectKind = Schemas["DefectKind"];
export type RepairRecord = Schemas["RepairFacts"];
export type Subject = "take" | "asset" | "track";

const kinds = signal<ReadonlyMap<string, DefectKind>>(new Map());
let asked = false;

/** What is known of a kind of defect; its bare name before that was read. */
export function kindOf(kind: string): Pick<DefectKind, "words" | "span" | "edits" | "repairable"> {
  if (!asked) {
    asked = true;
    api.get("/v1/reports/kinds").then(
      (found) => (kinds.value = new Map(found.items.map((one) => [one.kind, one]))),
      () => (asked = false),
    );
  }
  return kinds.value.get(kind) ?? { words: kind.replaceAll("_", " "), span: "passage", edits: [], repairable: false };
}

/** Jobs of a kind that are about a sound, the newest first. */
export const jobsOn = (kind: string, id: string) => jobs.value.filter((job) => job.kind === kind && (job.plan as { subject?: unknown }).subject === id);

/** The report on a sound. It is read anew when a job that listened to it ends. */
export function useReport(subject: Subject, id: string): Loaded<Kept> {
  const inspected = jobsOn("inspect", id).filter((job) => job.state === "succeeded").length;
  const path = { key: id };
  return useLoad<Kept>(`report ${subject} ${id} ${inspected}`, (signal) =>
    subject === "take" ? api.get("/v1/takes/{key}/report", { path, signal })
    : subject === "asset" ? api.get("/v1/assets/{key}/report", { path, signal })
    : api.get("/v1/tracks/{key}/report", { path, signal }));
}

/** Defects that count, where they begin; what is only worth knowing is left out. */
export const faultsOf = (kept: Kept): Defect[] => kept.report.defects.filter((one) => one.severity !== "info").sort((a, b) => (a.start ?? 0) - (b.start ?? 0));

/** What can be mended among them. */
export const repairable = (defects: readonly Defect[]): Defect[] => defects.filter((one) => one.repairable);

/** Whether a defect is about the whole sound, so that it has no place of its own. */
export const isWhole = (one: Defect, seconds: number): boolean => (one.end ?? 0) - (one.start ?? 0) >= seconds - 0.1 || kindOf(one.kind).span === "whole";

/** Its reading as people say it: measures that fall with the fault are kept negated. */
export function readingOf(one: Defect): { value: number | null; limit: number | null; unit: string } {
  const turn = one.unit.endsWith(", negated") ? -1 : 1;
  const turned = (value: number | null): number | null => (value === null ? null : value * turn);
  return { value: turned(one.reading), limit: turned(one.threshold), unit: one.unit.replace(", negated", "") };
}
