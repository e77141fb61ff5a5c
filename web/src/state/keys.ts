/// Keys: each place and the frame name theirs; the help lists what counts now, and fields keep what is typed into them.
import { useLayoutEffect } from "preact/hooks";
import { signal } from "@preact/signals";

export interface Key {
  /** As `event.key` says it, with `Ctrl+` or `Shift+` before it where that counts. */
  key: string;
  /** What it does; nothing where another name of the same key says it. */
  says: string;
  /** How the help writes it, where a keyboard says it otherwise: `Shift+[` arrives as `{`. */
  shown?: string;
  run: () => void;
}

export const bound = signal<readonly (readonly Key[])[]>([]);

/** Bind keys while a component is there, from the moment it is shown; later ones win. */
export function useKeys(keys: readonly Key[]): void {
  useLayoutEffect(() => {
    bound.value = [...bound.value, keys];
    return () => void (bound.value = bound.value.filter((one) => one !== keys));
  });
}

/** The name of what was pressed, as keys are named here. */
function nameOf(event: KeyboardEvent): string {
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + (event.shiftKey && /^[a-z[\]{}]$|^.{2,}/.test(key) ? "Shift+" : "") + key;
}

/** Whether a key belongs to what has the focus. */
function isTaken(event: KeyboardEvent, name: string): boolean {
  const target = event.target as HTMLElement;
  if (name.startsWith("Ctrl+")) return false;
  if (target.closest("dialog[open]")) return true;
  if (target.closest("input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable]")) return true;
  return ["Space", "Enter"].includes(name) && target.closest("button, a, summary, [role=option]") !== null;
}

/** Hear the keyboard from now on. */
export function hearKeys(): void {
  addEventListener("keydown", (event) => {
    const name = nameOf(event);
    if (event.defaultPrevented || isTaken(event, name)) return;
    const found = bound.value.toReversed().flat().find((one) => one.key === name);
    if (!found) return;
    event.preventDefault();
    found.run();
  });
}
