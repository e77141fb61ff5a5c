/// A number that grows whenever takes came, went or changed: lists that show takes load again.
import { signal } from "@preact/signals";

export const takesVersion = signal(0);
export const takesChanged = (): void => void takesVersion.value++;
