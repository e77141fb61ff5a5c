/// Tracks with what was noted of them, and what that means for learning: ready, waiting for the machine, or in need of a person.
import { computed, signal } from "@preact/signals";
import { api, type Schemas } from "../../api/client";
import type { Sound } from "../../player/engine";
import { said } from "../../strings/tracks";

export type Track = Schemas["Track"];
export interface Part {
  part: string;
  reading: number;
  unit: string;
  cost: number;
}
export interface Screen {
  verdict: {
    accepted: boolean;
    reason: string | null;
    detail: string;
    quality: { parts: readonly Part[] } | null;
    seconds: number;
    start: number;
    end: number | null;
    gain: number | null;
  };
  oddities: readonly string[];
}
export interface Caption {
  style: string;
  tags: Record<string, readonly string[]>;
  bpm: number | null;
  key: string | null;
  meter: number | null;
  lyrics: { text: string; language: string; notes: readonly string[] };
  flags: readonly string[];
  measured: Record<string, string>;
  own_text: string | null;
  edited: readonly string[];
}
export interface Known {
  track: Track;
  screen: Screen | null;
  caption: Caption | null;
  rating: { score: number; note: string } | null;
}
export interface Need {
  why: string;
  detail: string;
  remedy: string;
}

export const MOST = 500;
const notes = signal<ReadonlyMap<string, Known>>(new Map());
/** Grows whenever tracks may have changed. */
export const tracksVersion = signal(0);
export const tracksChanged = (): void => void tracksVersion.value++;

/** Every track, with its notes. */
export async function loadTracks(signal_: AbortSignal): Promise<{ tracks: readonly Known[]; more: boolean }> {
  const page = await api.get("/v1/tracks", { query: { limit: MOST, notes: true }, signal: signal_ });
  const found = page.items.map((track) => knownOf({ track, notes: page.notes[track.id] ?? {} }));
  notes.value = new Map(found.map((one) => [one.track.id, one]));
  return { tracks: found, more: page.next !== null };
}

/** A track as the server sends it, its notes by their kinds. */
export function knownOf(detail: Schemas["TrackDetail"]): Known {
  const noted = detail.notes as Record<string, unknown>;
  return {
    track: detail.track,
    screen: (noted["screen"] as Screen | undefined) ?? null,
    caption: (noted["caption"] as Caption | undefined) ?? null,
    rating: (noted["rating"] as Known["rating"] | undefined) ?? null,
  };
}
export const loaded = computed(() => notes.value);

/** Quality, 0 to 100: what no part costs. */
export const qualityOf = (screen: Screen): number | null =>
  screen.verdict.quality ? Math.max(0, Math.round(100 - screen.verdict.quality.parts.reduce((sum, one) => sum + one.cost, 0))) : null;

/** What a person has to do before a track is learned from. */
export function needsOf({ track, screen }: Known): Need[] {
  const found: Need[] = [];
  const { licence, permitted, unclear } = track.source;
  const verdict = screen?.verdict;
  if (verdict && !verdict.accepted) {
    const reason = verdict.reason ?? "";
    found.push({ why: said.reasons[reason] ?? reason.replaceAll("_", " "), detail: verdict.detail, remedy: said.remedies[reason] ?? said.remedyFile });
  }
  if (permitted === false) found.push({ why: said.refused, detail: "", remedy: said.refusedWhat });
  else if (unclear && permitted !== true) found.push({ why: said.unclear, detail: said.unclearWhat(unclear), remedy: said.noLicenceWhat });
  else if (!licence && permitted !== true) found.push({ why: said.noLicence, detail: "", remedy: said.noLicenceWhat });
  return found;
}

export type Standing = "needs" | "waits" | "ready";
/** Whether a track can be learned from now. */
export const standingOf = (one: Known): Standing => (needsOf(one).length ? "needs" : one.screen && one.caption ? "ready" : "waits");

/** The caption as the instrument reads it. */
export function textOf(caption: Caption): string {
  return caption.own_text ?? [...new Set(Object.values(caption.tags).flat())].join(", ");
}

/** A track as a sound. */
export function soundOfTrack({ track, caption }: Pick<Known, "track" | "caption">): Sound {
  const bpm = caption?.bpm ?? null;
  return {
    key: `track:${track.id}`,
    title: track.title,
    url: `/v1/tracks/${track.id}/audio`,
    peaks: `/v1/tracks/${track.id}/peaks`,
    seconds: track.seconds,
    lufs: null,
    bar: bpm ? (60 / bpm) * (caption?.meter ?? 4) : null,
    place: `/tracks/${track.id}`,
  };
}
