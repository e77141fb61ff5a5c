/// "Copy as command": the same verb on the command line, quoted for a shell.
import { words } from "../strings";
import { say } from "../state/toasts";
import { Icon } from "./icons";

/** Copy a text; where the browser forbids it, show it to be copied by hand. */
export async function copy(text: string, told: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(told);
  } catch {
    say(text);
  }
}

/** A word of a command line, quoted where a shell would read more into it. */
export const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** A sign; with `worded` its words too, where it stands alone. */
export function CopyCommand({ command, worded = false }: { command: readonly string[]; worded?: boolean }) {
  const text = command.map(quote).join(" ");
  return (
    <button type="button" class={`button quiet${worded ? "" : " icon"}`} title={words.command.of(text)} aria-label={worded ? undefined : words.command.of(text)}
      onClick={() => void copy(text, words.command.copied(text))}>
      <Icon name="command" />
      {worded && words.command.copy}
    </button>
  );
}
