/// What people say of takes, and what can be done to them besides playing them.
import { signal } from "@preact/signals";
import { takesChanged } from "../state/takes";
import { say } from "../state/toasts";
import { words } from "../strings";
import { api, type Schemas, type Take } from "./client";
import { asTrouble } from "./load";

export type Labels = Schemas["Labels"];
const NONE: Labels = { title: "", folder: "", tags: [], liked: false, remark: "" };
const said = signal<ReadonlyMap<string, Labels>>(new Map());

/** What people say of a take, as far as this page has heard. */
export const labelsOf = (take: Take): Labels => said.value.get(take.id) ?? NONE;
/** The stars of a take that this page has heard of; null where it has none. */
export const ratingOf = (id: string): number | null => said.value.get(id)?.rating ?? null;
/** Take in the stars that a take has now. */
export function noteRating(id: string, rating: number | null): void {
  said.value = new Map(said.value).set(id, { ...(said.value.get(id) ?? NONE), rating });
}
export const isLiked = (take: Take): boolean => labelsOf(take).liked ?? false;
/** What a take is called: its title, else its words. */
export const nameOf = (take: Take): string => labelsOf(take).title || take.caption || take.task;

/** Keep what came with a list of takes. */
export function noteLabels(takes: readonly Take[], labels: Readonly<Record<string, Labels>>): void {
  const known = new Map(said.value);
  for (const take of takes) known.set(take.id, labels[take.id] ?? NONE);
  said.value = known;
}

/** Say something of a take; it shows at once, and goes back where the server refuses it. */
export async function label(take: Take, changes: Schemas["LabelChanges"]): Promise<void> {
  const before = labelsOf(take);
  const after = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== null && value !== undefined));
  said.value = new Map(said.value).set(take.id, { ...before, ...after } as Labels);
  const done = await attempt(() => api.patch("/v1/takes/{take}", { path: { take: take.id }, body: changes }));
  if (!done) said.value = new Map(said.value).set(take.id, before);
}

export const like = (take: Take, liked: boolean): Promise<void> => label(take, { liked });

/** Move a take to the trash, and offer to put it back. */
export async function moveToTrash(take: Take): Promise<boolean> {
  return attempt(async () => {
    const { entry } = await api.delete("/v1/takes/{take}", { path: { take: take.id } });
    say(words.take.deleted, { action: { label: words.undo, run: () => void putBack(entry.id) } });
  });
}

export async function putBack(entry: string): Promise<boolean> {
  return attempt(async () => {
    await api.post("/v1/trash/{entry}/restore", { path: { entry } });
    say(words.library.restored);
  });
}

async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    takesChanged();
    return true;
  } catch (error) {
    const { detail, remedy } = asTrouble(error);
    say([detail, remedy].filter(Boolean).join(": "), { bad: true });
    return false;
  }
}

export type Understood = Schemas["CaptionReading"];

/** What a line would be understood as by an instrument. */
export const readCaption = (caption: string, variant: string, signal: AbortSignal): Promise<Understood> =>
  api.post("/v1/captions/read", { body: { caption, variant, lyrics: "" }, signal });
