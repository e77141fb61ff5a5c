/// What happens in the studio, as it happens: one stream a tab, which goes on after a break from the last event it has seen.
import { signal } from "@preact/signals";
import { say } from "../state/toasts";
import { words } from "../strings";

export interface StudioEvent {
  /** What happened: the name of the event. */
  kind: string;
  data: Record<string, unknown>;
}

type Listener = (event: StudioEvent) => void;
const listeners = new Set<Listener>();
/** Whether the stream is open; `null` before the first try ended. */
export const connected = signal<boolean | null>(null);

/** Hear every event; returns what ends it. */
export function hear(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const KINDS = ["job", "take", "worker", "library", "run", "reset"];
let source: EventSource | null = null;
let last = "";
let wait = 1000;
let timer = 0;

/** Open the stream, and open it again whenever it breaks. A page that comes back from sleep does not trust the old one. */
export function connect(): void {
  clearTimeout(timer);
  source?.close();
  const opened = new EventSource(`/v1/events${last ? `?after=${encodeURIComponent(last)}` : ""}`);
  source = opened;
  opened.onopen = () => {
    if (connected.value === false) say(words.frame.backAgain);
    const again = connected.value === false;
    connected.value = true;
    wait = 1000;
    if (again) tell({ kind: "again", data: {} });
  };
  opened.onerror = () => {
    opened.close();
    connected.value = false;
    timer = window.setTimeout(connect, wait);
    wait = Math.min(wait * 2, 15_000);
  };
  const read = (kind: string) => (message: MessageEvent<string>) => {
    if (message.lastEventId) last = message.lastEventId;
    tell({ kind, data: JSON.parse(message.data) });
  };
  for (const kind of KINDS) opened.addEventListener(kind, read(kind));
  opened.onmessage = read("message");
}

function tell(event: StudioEvent): void {
  for (const listener of listeners) listener(event);
}

/** Begin, and begin anew after the tab slept. */
export function listenToStudio(): void {
  connect();
  addEventListener("pageshow", (event) => event.persisted && connect());
  addEventListener("online", connect);
  addEventListener("pagehide", () => source?.close());
}
