/// A brief that is being written and the plan that was made of it, kept over a reload.
import { type Schemas } from "../../api/client";
import type { LikeSong, Reference } from "./readings";

export type Plan = Schemas["AlbumPlan"];
export type TrackPlan = Schemas["TrackPlan"];
export type Detail = Schemas["AlbumDetail"];
export type Autonomy = Detail["autonomy"];
export const LEVELS: readonly Autonomy[] = ["full", "supervised", "collaborative"];

export interface Draft {
  brief: string;
  /** Songs that it is to be like. */
  songs: readonly LikeSong[];
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
export const FRESH: Draft = { brief: "", songs: [], title: "", artist: "", seed: 7, candidates: 4, variant: "nano", autonomy: "supervised", minutes: "", takes: "", plan: null };
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

/** The song that a track follows. */
export const songOf = (plan: Plan, track: TrackPlan): Reference | undefined => (track.like ? plan.references?.find((one) => one.content === track.like) : undefined);

/** What is asked of the planner; `songs` are those that were read. */
export const askOf = (draft: Draft, songs: readonly LikeSong[]): Schemas["AlbumAsked"] => ({
  brief: draft.brief,
  like: songs.map((one) => one.id),
  seed: draft.seed,
  candidates: draft.candidates,
  variant: draft.variant,
  ...(draft.title.trim() ? { title: draft.title } : {}),
  ...(draft.artist.trim() ? { artist: draft.artist } : {}),
}) as Schemas["AlbumAsked"];

/** The budget in the two fields, without a limit where they are empty; other limits stay as they are `before`. */
export const budgetOf = (minutes: string, takes: string, before: Partial<Detail["budget"]> = {}): Partial<Detail["budget"]> => ({
  ...before,
  seconds: Number(minutes) > 0 ? Number(minutes) * 60 : null,
  takes: Number(takes) >= 1 ? Math.floor(Number(takes)) : null,
});
