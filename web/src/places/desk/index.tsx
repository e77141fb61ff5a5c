/// The desk: its place is kept; what it will hold is mixed from the command line today.
import { CopyCommand } from "../../parts/copy";
import { Later } from "../../parts/states";
import { words } from "../../strings";

const w = words.desk;

export function Desk(_: { rest: readonly string[] }) {
  return (
    <div class="stack">
      <h1>{words.places.desk}</h1>
      <Later title={w.title} what={w.what} when={w.when}
        action={<><a class="button main" href="/library">{w.toLibrary}</a><CopyCommand command={["twin", "mix", "stems", "--desk", "lofi", "-o", "mix.flac"]} /></>} />
    </div>
  );
}
