/// Ctrl-K: reaches every place, every verb that counts here, and every take by its words.
import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client";
import { go } from "../router";
import { commands } from "../state/commands";
import { words } from "../strings";
import { Dialog } from "./dialog";

interface Entry {
  name: string;
  kind: string;
  run: () => void;
}

export function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [takes, setTakes] = useState<readonly Entry[]>([]);
  useEffect(() => {
    const control = new AbortController();
    const timer = setTimeout(() => {
      api.get("/v1/takes", { query: { limit: 8, ...(text.trim() ? { text: text.trim() } : {}) }, signal: control.signal }).then(
        (page) => setTakes(page.items.map((take) => ({ name: take.caption || take.task, kind: words.palette.take, run: () => go(`/takes/${take.id}`) }))),
        () => undefined,
      );
    }, 120);
    return () => (clearTimeout(timer), control.abort());
  }, [text]);
  const wanted = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const own = commands.value.filter((one) => wanted.every((word) => one.name.toLowerCase().includes(word)));
  const found: Entry[] = [...own, ...takes];
  const chosen = Math.min(at, found.length - 1);
  const run = (entry?: Entry): void => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  const press = (event: KeyboardEvent): void => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) setAt((chosen + move + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") run(found[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog label={words.palette.title} onClose={onClose}>
      <div class="palette">
        <input type="text" autofocus placeholder={words.palette.hint} aria-label={words.palette.title} role="combobox" aria-expanded="true"
          aria-controls="palette-list" aria-activedescendant={found.length ? `palette-${chosen}` : undefined} value={text} onKeyDown={press}
          onInput={(event) => (setText(event.currentTarget.value), setAt(0))} />
        <ul id="palette-list" role="listbox" aria-label={words.palette.title}>
          {found.map((entry, i) => (
            <li key={`${entry.kind}${entry.name}${i}`} id={`palette-${i}`} role="option" aria-selected={i === chosen} onClick={() => run(entry)}
              onMouseMove={() => setAt(i)} ref={(element) => void (i === chosen && element?.scrollIntoView({ block: "nearest" }))}>
              <span class="cut">{entry.name}</span>
              <span class="faint small">{entry.kind}</span>
            </li>
          ))}
          {!found.length && <li class="faint">{words.palette.none}</li>}
        </ul>
      </div>
    </Dialog>
  );
}
