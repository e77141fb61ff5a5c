/// Things that sound, as the player takes them.
import type { Take } from "../api/client";
import { nameOf } from "../api/takes";
import type { Sound } from "./engine";

/** A take as a sound. */
export function soundOf(take: Take): Sound {
  const bpm = bpmOf(take);
  return {
    key: `take:${take.id}`,
    title: nameOf(take),
    url: `/v1/takes/${take.id}/audio`,
    peaks: `/v1/takes/${take.id}/peaks`,
    seconds: take.seconds,
    lufs: take.meters?.["loudness_lufs"] ?? null,
    bar: bpm ? (60 / bpm) * Number(take.metas?.meter ?? 4) : null,
    place: `/takes/${take.id}`,
  };
}

/** The id of the take that a sound is; "" where it is none. */
export const nameOfTake = (sound: Sound | null): string => (sound?.key.startsWith("take:") ? sound.key.slice("take:".length) : "");

/** Beats per minute as it was asked for, or as it was read. */
export function bpmOf(take: Take): number | null {
  return (take.metas?.bpm as number | null | undefined) ?? take.meters?.["bpm"] ?? null;
}
