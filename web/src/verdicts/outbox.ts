/// Verdicts on their way to the studio. Each is kept in the browser until the studio has it: a connection that breaks, or a page that
/// is closed, loses none. Each says when it was given, by which the studio knows one that is sent again: it is kept once.
import { computed, signal } from "@preact/signals";
import { api, Trouble } from "../api/client";
import { hear } from "../api/events";
import { asTrouble } from "../api/load";
import { noteRating } from "../api/takes";
import { takesChanged } from "../state/takes";
import { say } from "../state/toasts";
import { said } from "../strings/verdicts";

export type Entry =
  | { kind: "rating"; take: string; stars: number; tags: readonly string[]; remark: string; given: string }
  | { kind: "preference"; a: string; b: string; choice: "a" | "b" | "tie"; given: string }
  | { kind: "withdraw"; verdict: string; given: string }
  | { kind: "unrate"; take: string; given: string };
type New = Entry extends infer E ? (E extends Entry ? Omit<E, "given"> : never) : never;

const PREFIX = "twin.verdict.";
const SOON = 2_000;
const LATE = 30_000;

/** What has not reached the studio yet, the oldest first. */
export const waiting = signal<readonly Entry[]>([]);
/** Stars of takes that are on their way: null where they were taken back. */
export const stars = computed(() => {
  const found = new Map<string, number | null>();
  for (const one of waiting.value) {
    if (one.kind === "rating") found.set(one.take, one.stars);
    if (one.kind === "unrate") found.set(one.take, null);
  }
  return found;
});

const nameOf = (entry: Entry): string => `${PREFIX}${entry.given}.${entry.kind}`;

/** Say something: it is kept here, and sent as soon as the studio answers. */
export function give(said_: New): void {
  const entry = { ...said_, given: new Date().toISOString() } as Entry;
  try {
    localStorage.setItem(nameOf(entry), JSON.stringify(entry));
  } catch {
    // A browser that keeps nothing: it stays in this page.
  }
  waiting.value = [...waiting.value, entry];
  void flush();
}

function forget(entry: Entry): void {
  localStorage.removeItem(nameOf(entry));
  waiting.value = waiting.value.filter((one) => one !== entry);
}

function send(entry: Entry): Promise<unknown> {
  const { given } = entry;
  switch (entry.kind) {
    case "rating":
      return api.post("/v1/verdicts/ratings", { body: { judge: "studio", take: entry.take, stars: entry.stars, tags: [...entry.tags], remark: entry.remark, given } });
    case "preference":
      return api.post("/v1/verdicts/preferences", { body: { judge: "studio", tags: [], remark: "", a: entry.a, b: entry.b, choice: entry.choice, given } });
    case "withdraw":
      return api.post("/v1/verdicts/{verdict}/withdraw", { path: { verdict: entry.verdict }, body: { remark: "", given } });
    case "unrate":
      return api.patch("/v1/takes/{take}", { path: { take: entry.take }, body: { rating: 0 } });
  }
}

/** Whether another try may help: nobody answered, the door is shut, or the studio is busy. */
const passes = (trouble: Trouble): boolean => trouble.status === 0 || trouble.status === 401 || trouble.status === 429 || trouble.status >= 500;

let sending = false;
let timer = 0;
let wait = SOON;

/** Send what waits, in its order, until the studio does not answer. */
async function flush(): Promise<void> {
  if (sending) return;
  sending = true;
  clearTimeout(timer);
  try {
    for (let entry = waiting.value[0]; entry; entry = waiting.value[0]) {
      try {
        await send(entry);
        wait = SOON;
        if (entry.kind === "rating") noteRating(entry.take, entry.stars);
        if (entry.kind === "unrate") noteRating(entry.take, null);
        takesChanged();
      } catch (error) {
        const trouble = asTrouble(error);
        if (passes(trouble)) {
          timer = window.setTimeout(() => void flush(), wait);
          wait = Math.min(2 * wait, LATE);
          return;
        }
        say(said.refused([trouble.detail, trouble.remedy].filter(Boolean).join(": ")), { bad: true });
      }
      forget(entry);
    }
  } finally {
    sending = false;
  }
}

/** Take up what an earlier page could not send, and send whenever the studio answers again. */
export function followVerdicts(): void {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).sort();
  waiting.value = names.flatMap((name) => {
    try {
      return [JSON.parse(localStorage.getItem(name)!) as Entry];
    } catch {
      localStorage.removeItem(name);
      return [];
    }
  });
  hear((event) => void ((event.kind === "again" || event.kind === "reset") && flush()));
  addEventListener("online", () => void flush());
  void flush();
}
