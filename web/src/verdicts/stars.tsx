/// One to five stars of a take. One stop for the Tab key: arrows go from star to star, Enter and Space give.
import { useRef, useState } from "preact/hooks";
import { ratingOf } from "../api/takes";
import { say } from "../state/toasts";
import { said } from "../strings/verdicts";
import { give, stars as sent } from "./outbox";
import "./verdicts.css";

const MOST = 5;

/** The stars of a take as far as this page knows, those on their way included; null where it has none. */
export const starsOf = (take: string): number | null => (sent.value.has(take) ? sent.value.get(take)! : ratingOf(take));

/** Give a take stars, with words where there are some. */
export function rate(take: string, title: string, n: number, tags: readonly string[] = [], remark = ""): void {
  give({ kind: "rating", take, stars: n, tags, remark });
  say(said.given(n, title));
}

/** Take a person's rating of a take back. */
export function unrate(take: string): void {
  if (starsOf(take) === null) return;
  give({ kind: "unrate", take });
  say(said.takenBack);
}

export function Stars({ take, title, large = false }: { take: string; title: string; large?: boolean }) {
  const given = starsOf(take) ?? 0;
  const [at, setAt] = useState(0);
  const group = useRef<HTMLSpanElement>(null);
  const stop = at || given || 1;
  const press = (event: KeyboardEvent): void => {
    const to = { ArrowRight: stop + 1, ArrowUp: stop + 1, ArrowLeft: stop - 1, ArrowDown: stop - 1, Home: 1, End: MOST }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = Math.min(MOST, Math.max(1, to));
    setAt(next);
    group.current?.querySelectorAll("button")[next - 1]?.focus();
  };
  return (
    <span ref={group} class={`stars${large ? " large" : ""}${given ? " given" : ""}`} role="group" aria-label={said.rate(title)} onKeyDown={press} onFocusOut={(event) => group.current?.contains(event.relatedTarget as Node | null) || setAt(0)}>
      {Array.from({ length: MOST }, (_, i) => i + 1).map((n) => (
        <button key={n} type="button" tabindex={n === stop ? 0 : -1} aria-label={said.give(n)} aria-pressed={n === given} title={said.stars(n)} onClick={() => rate(take, title, n)}>
          <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" fill={n <= given ? "currentColor" : "none"} stroke="currentColor" stroke-width="1.4" stroke-linejoin="round">
            <path d="M10 2.800l2.200 4.700 5 .6-3.700 3.500 1 5L10 14.100l-4.500 2.500 1-5L2.800 8.100l5-.6z" />
          </svg>
        </button>
      ))}
    </span>
  );
}
