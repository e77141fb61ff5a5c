/// What can be done to takes besides playing them.
import { api, fetchFrom, type Take } from "./client";
import { takesChanged } from "../state/takes";
import { say } from "../state/toasts";
import { words } from "../strings";
import { asTrouble } from "./load";

/** What this server can do to takes. */
export const CAN = { like: false, trash: false };

export const isLiked = (take: Take): boolean => (take as { liked?: boolean }).liked ?? false;

export async function like(take: Take, liked: boolean): Promise<void> {
  await attempt(() => fetchFrom(`/v1/takes/${take.id}/like`, { method: liked ? "PUT" : "DELETE" }));
}

/** Move a take to the trash, and offer to put it back. */
export async function moveToTrash(take: Take): Promise<boolean> {
  return attempt(async () => {
    await fetchFrom(`/v1/takes/${take.id}`, { method: "DELETE" });
    say(words.take.deleted, { action: { label: words.undo, run: () => void putBack(take.id) } });
  });
}

export async function putBack(id: string): Promise<boolean> {
  return attempt(() => fetchFrom(`/v1/takes/${id}/restore`, { method: "POST" }));
}

async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    takesChanged();
    return true;
  } catch (error) {
    say(asTrouble(error).detail, { bad: true });
    return false;
  }
}

/** What was understood of a line. */
export interface Understood {
  known: readonly string[];
  unknown: readonly string[];
  bpm: number | null;
  key: string | null;
}
export async function readCaption(_text: string, _signal: AbortSignal): Promise<Understood> {
  void api;
  return { known: [], unknown: [], bpm: null, key: null };
}
