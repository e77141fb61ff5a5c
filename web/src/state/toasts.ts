/// Short messages: told once, politely; those that can be undone say so and stay longer.
import { signal } from "@preact/signals";

export interface Toast {
  id: number;
  text: string;
  bad: boolean;
  action?: { label: string; run: () => void };
}

export const toasts = signal<readonly Toast[]>([]);
let count = 0;

/** Tell a line; returns its id. */
export function say(text: string, more: { bad?: boolean; action?: Toast["action"] } = {}): number {
  const id = ++count;
  const action = more.action && { label: more.action.label, run: () => (drop(id), more.action!.run()) };
  toasts.value = [...toasts.value.slice(-3), { id, text, bad: more.bad ?? false, ...(action ? { action } : {}) }];
  setTimeout(() => drop(id), more.action || more.bad ? 10_000 : 4_000);
  return id;
}

/** Take a message away. */
export function drop(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}
