/// Dark or light: as the system says, or as the person chose here.
import { signal } from "@preact/signals";

const KEY = "twin.theme";
const system = matchMedia("(prefers-color-scheme: light)");
const chosen = signal<string | null>(localStorage.getItem(KEY));
/** The theme that is shown. */
export const theme = signal<"dark" | "light">("dark");

function show(): void {
  theme.value = (chosen.value ?? (system.matches ? "light" : "dark")) as "dark" | "light";
  if (chosen.value) document.documentElement.dataset.theme = chosen.value;
}

/** Change to the other theme and keep it. */
export function switchTheme(): void {
  chosen.value = theme.value === "dark" ? "light" : "dark";
  localStorage.setItem(KEY, chosen.value);
  show();
}

system.addEventListener("change", show);
show();
