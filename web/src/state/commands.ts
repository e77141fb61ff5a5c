/// The verbs that the palette reaches: those of the frame, and those of the place that is shown.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface Command {
  name: string;
  kind: string;
  run: () => void;
}

export const commands = signal<readonly Command[]>([]);

/** Offer verbs while a component is there. */
export function useCommands(own: readonly Command[]): void {
  useEffect(() => {
    commands.value = [...own, ...commands.value];
    return () => void (commands.value = commands.value.filter((one) => !own.includes(one)));
  });
}
