/// A brief that is being written and the plan that was made of it, kept over a reload.
import { type Schemas } from "../../api/client";

export type Plan = Schemas["AlbumPlan"];
export type TrackPlan = Schemas["TrackPlan"];
export type Detail = Schemas["AlbumDetail"];
export type Autonomy = Detail["autonomy"];
export const LEVELS: readonly Autonomy[] = ["full", "supervised", "collaborative"];

export interface Draft {
  brief: string;
  title: string;
  artist: string;
  seed: number;
  candidates: number;
  variant: string;
  autonomy: Autonomy;
  minutes: string;
  takes: string;
  /** As it was planned and edited; null before it is. */
  plan: Plan | null;
}
export const FRESH: Draft = { brief: "", title: "", artist: "", seed: 7, candidates: 4, variant: "nano", autonomy: "supervised", minutes: "", takes: "", plan: null };
const PLACE = "twin.album";

export function readDraft(): Draft {
  try {
    return { ...FRESH, ...JSON.parse(sessionStorage.getItem(PLACE) ?? "{}") };
  } catch {
    return FRESH;
  }
}

export function keepDraft(draft: Draft): void {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(draft));
  } catch {
    sessionStorage.removeItem(PLACE);
  }
}

/** What is asked of the planner. */
export const askOf = (draft: Draft): Schemas["AlbumAsked"] => ({
  brief: draft.brief,
  seed: draft.seed,
  candidates: draft.candidates,
  variant: draft.variant,
  ...(draft.title.trim() ? { title: draft.title } : {}),
  ...(draft.artist.trim() ? { artist: draft.artist } : {}),
}) as Schemas["AlbumAsked"];

/** The budget in the two fields, without a limit where they are empty. */
export const budgetOf = (minutes: string, takes: string): { seconds: number | null; takes: number | null } => ({
  seconds: Number(minutes) > 0 ? Number(minutes) * 60 : null,
  takes: Number(takes) >= 1 ? Math.floor(Number(takes)) : null,
});
