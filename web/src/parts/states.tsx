/// What a place shows where it has nothing, or something went wrong.
import type { ComponentChildren } from "preact";
import type { Trouble } from "../api/client";
import { withoutHashes, words } from "../strings";
import { copy } from "./copy";
import { Icon } from "./icons";

/** An empty state teaches: what belongs here, and the next step as a button. */
export function Empty({ title, children, action }: { title: string; children?: ComponentChildren; action?: ComponentChildren }) {
  return (
    <section class="empty">
      <h2>{title}</h2>
      {children}
      {action && <div class="row">{action}</div>}
    </section>
  );
}

/** An error: what, why, one remedy, and the diagnostics to copy. */
export function Failure({ trouble, again }: { trouble: Trouble; again?: () => void }) {
  return (
    <section class="error" role="alert">
      <strong>{withoutHashes(trouble.detail)}</strong>
      {trouble.errors.length > 0 && (
        <ul>
          {trouble.errors.map((one) => (
            <li key={one.pointer}>{[one.pointer.replace(/^[/?]/, "").replaceAll("/", " › "), one.detail].filter(Boolean).join(": ")}</li>
          ))}
        </ul>
      )}
      {trouble.remedy && <p>{trouble.remedy[0]!.toUpperCase() + trouble.remedy.slice(1)}</p>}
      <div class="row">
        {again && (
          <button type="button" class="button" onClick={again}>
            {words.error.again}
          </button>
        )}
        <button type="button" class="button quiet" onClick={() => void copy(trouble.diagnostics, words.error.copied)}>
          <Icon name="copy" />
          {words.error.copy}
        </button>
      </div>
    </section>
  );
}

/** The place of something that loads, as large as it will be. */
export function Ghost({ height }: { height: number }) {
  return <div class="ghost" style={{ height: `${height}px` }} aria-hidden="true" />;
}

/** A place that is laid out and comes with another version: it says so and offers what works instead. */
export function Later({ title, what, when, action }: { title: string; what: string; when: string; action?: ComponentChildren }) {
  return (
    <section class="empty later">
      <span class="chip">{when}</span>
      <h2>{title}</h2>
      <p>{what}</p>
      {action && <div class="row">{action}</div>}
    </section>
  );
}
