/// Loading what a place shows: once, again when what it depends on changes, and never after the place is gone.
import { useEffect, useState } from "preact/hooks";
import { Trouble } from "./client";

export interface Loaded<T> {
  data?: T;
  error?: Trouble;
  loading: boolean;
  again: () => void;
}

/** Load with `ask` whenever `key` changes, and again when `version` does. What was there stays then until the new is there, so that
 * nothing jumps. */
export function useLoad<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, version = 0): Loaded<T> {
  const [count, setCount] = useState(0);
  const [state, setState] = useState<{ key: string; data?: T; error?: Trouble; loading: boolean }>({ key: "", loading: true });
  useEffect(() => {
    const control = new AbortController();
    setState((old) => (old.key === key ? { ...old, loading: true } : { key, loading: true }));
    ask(control.signal).then(
      (data) => setState({ key, data, loading: false }),
      (error: Error) => {
        if (!control.signal.aborted) setState((old) => ({ ...old, error: asTrouble(error), loading: false }));
      },
    );
    return () => control.abort();
  }, [key, count, version]);
  const current = state.key === key ? state : { loading: true };
  return { ...current, again: () => setCount((n) => n + 1) };
}

/** Any error as trouble: a mistake of the page itself is told as one. */
export function asTrouble(error: unknown): Trouble {
  if (error instanceof Trouble) return error;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Trouble(0, `The page made a mistake: ${text}`, "Reload the page.", [], "", location.pathname);
}
