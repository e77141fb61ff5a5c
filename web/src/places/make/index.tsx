/// Make: one line and a button. Takes drop in below as they are done, each in the row that waited for it.
import { useEffect, useState } from "preact/hooks";
import { api, Trouble, type Schemas } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { readCaption, type Understood } from "../../api/takes";
import { DEMO } from "../../demo";
import { CopyCommand } from "../../parts/copy";
import { Failure } from "../../parts/states";
import * as engine from "../../player/engine";
import { ask, query } from "../../router";
import { useCommands } from "../../state/commands";
import { submit } from "../../state/jobs";
import { span, words } from "../../strings";
import { More } from "./more";
import "./make.css";
import { commandOf, NO_WISH, planOf, type Wish } from "./plan";
import { Arriving } from "./arriving";
import { playSample, sampled, stopSample } from "./sample";

const w = words.make;
const KEPT = ["bpm", "key", "meter", "seconds", "takes", "seed", "steps", "producer", "variant", "lyrics", "chords", "form", "players", "tempi", "hold", "tries"] as const;
/** Where the notes of the song are kept over a reload: an address is too short for them. */
const NOTES = "twin.notes";

/** What the address says is wished for: so a reload, and a link, keep it. */
function wishOf(asked: URLSearchParams): Wish {
  const said = Object.fromEntries(KEPT.flatMap((name) => (asked.has(name) ? [[name, asked.get(name)!]] : [])));
  return { ...NO_WISH, ...said, words: asked.get("words") ?? "", lines: keptNotes() };
}

function keptNotes(): Wish["lines"] {
  try {
    return JSON.parse(sessionStorage.getItem(NOTES) ?? "[]");
  } catch {
    return [];
  }
}

/** Keep notes for a reload, as far as the browser has room. */
function keepNotes(lines: Wish["lines"]): void {
  try {
    if (lines.length) sessionStorage.setItem(NOTES, JSON.stringify(lines));
    else sessionStorage.removeItem(NOTES);
  } catch {
    sessionStorage.removeItem(NOTES);
  }
}

export function Make(_: { rest: readonly string[] }) {
  const [wish, setWish] = useState(() => wishOf(query.value));
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [sending, setSending] = useState(false);
  const understood = useUnderstood(wish.words, wish.variant);
  const set = (change: Partial<Wish>): void => {
    setWish((old) => ({ ...old, ...change }));
    setTrouble(null);
  };
  useEffect(() => {
    const timer = setTimeout(() => {
      const changed = KEPT.map((name) => [name, wish[name] === NO_WISH[name] ? "" : wish[name]]);
      if (location.pathname === "/" || location.pathname === "/make") ask({ words: wish.words, ...Object.fromEntries(changed) });
    }, 250);
    return () => clearTimeout(timer);
  }, [wish]);
  useEffect(() => keepNotes(wish.lines), [wish.lines]);
  useEffect(() => engine.show(DEMO), []);
  const send = async (event?: Event): Promise<void> => {
    event?.preventDefault();
    if (!wish.words.trim() || sending) return;
    setSending(true);
    setTrouble(null);
    try {
      await submit("make", planOf(wish), crypto.randomUUID());
      requestAnimationFrame(showTakes);
    } catch (error) {
      setTrouble(asTrouble(error));
    } finally {
      setSending(false);
    }
  };
  useCommands([{ name: w.button, kind: words.palette.verb, run: () => void send() }]);
  return (
    <>
      <form class="make" noValidate onSubmit={(event) => void send(event)}>
        <h1>
          <label for="make-words">{w.title}</label>
        </h1>
        <div class="line">
          <input id="make-words" type="text" autocomplete="off" spellcheck={false} placeholder={w.example} value={wish.words} aria-describedby="make-chips"
            aria-invalid={trouble?.errors.some((one) => one.pointer.endsWith("/caption")) ? "true" : undefined}
            onInput={(event) => set({ words: event.currentTarget.value })} />
          <button type="submit" class="button main" disabled={!wish.words.trim() || sending}>
            {sending ? w.sending : w.button}
          </button>
        </div>
        <Chips understood={understood} />
        <Styles words={wish.words} onPick={(text) => set({ words: text })} />
        <More wish={wish} understood={understood} trouble={trouble} onChange={set} />
        <div class="row flush">{wish.words.trim() && <CopyCommand worded command={commandOf(wish)} />}</div>
      </form>
      {trouble && <Failure trouble={trouble} />}
      <Arriving onUse={(text) => set({ words: text })} />
    </>
  );
}

/** Bring the row of the first new take into view, where what is unfolded above it pushed it out. */
function showTakes(): void {
  document.querySelector("#takes .rows > *, .first")?.scrollIntoView({ block: "nearest" });
}

/** What the server understands of the line, a moment after it was typed. */
function useUnderstood(text: string, variant: string): Understood | null {
  const [found, setFound] = useState<Understood | null>(null);
  useEffect(() => {
    if (!text.trim()) return setFound(null);
    const control = new AbortController();
    const timer = setTimeout(() => readCaption(text, variant, control.signal).then(setFound, () => undefined), 150);
    return () => (clearTimeout(timer), control.abort());
  }, [text, variant]);
  return found;
}

function Chips({ understood }: { understood: Understood | null }) {
  const chips = understood ? chipsOf(understood) : [];
  if (!chips.length) return <p class="soft understood" id="make-chips">{w.hint}</p>;
  return (
    <ul class="chips understood" id="make-chips" aria-label={w.understood} aria-live="polite">
      {chips.map(({ text, kind }) => (
        <li key={text} class={`chip ${kind}`}>
          {text}
        </li>
      ))}
    </ul>
  );
}

/** Facts and style in the accent, what is not understood in outline, what cannot be used in red. */
function chipsOf(read: Understood): { text: string; kind: string }[] {
  const known = [
    read.bpm !== null && w.bpm(read.bpm), read.key, read.meter !== null && w.meterOf(read.meter), read.seconds !== null && w.secondsOf(span(read.seconds)),
    read.style?.clear && read.style.name,
  ].filter((one): one is string => Boolean(one));
  const near = read.style && !read.style.clear ? [w.nearest(read.style.name, read.style.tempo.join("–"))] : [];
  return [
    ...known.map((text) => ({ text, kind: "known" })),
    ...[...near, ...read.unknown.map(w.unknown), ...read.unsung.map(w.unsung)].map((text) => ({ text, kind: "unknown" })),
    ...read.unused.map((text) => ({ text, kind: "bad" })),
  ];
}

/** Styles as chips: one is put into the line in place of another. */
function Styles({ words: line, onPick }: { words: string; onPick: (text: string) => void }) {
  const [all, setAll] = useState(false);
  const sample = sampled.value;
  useEffect(() => stopSample, []);
  const loaded = useLoad("styles", (signal) => api.get("/v1/styles", { query: { limit: 500 }, signal }));
  const styles: readonly Schemas["StyleFacts"][] = loaded.data?.items ?? [];
  const shown = all ? styles : firsts(styles);
  const parts = line.split(",").map((part) => part.trim());
  const has = (name: string): boolean => parts.some((part) => part.toLowerCase() === name.toLowerCase());
  const pick = (name: string): void => {
    const others = parts.filter((part) => part && !styles.some((one) => one.name.toLowerCase() === part.toLowerCase()));
    onPick((has(name) ? others : [name.toLowerCase(), ...others]).join(", "));
  };
  return (
    <div class={`styles${all ? " all" : ""}`} role="group" aria-label={w.styles}>
      {shown.map((one) => (
        <button key={one.id} type="button" class={`chip${sample === one.id ? " sounds" : ""}`} aria-pressed={has(one.name)} title={w.styleHint(one.tempo.join("–"))}
          onClick={() => (pick(one.name), has(one.name) ? stopSample() : playSample(one.id))}>
          {one.name}
        </button>
      ))}
      {styles.length > shown.length && !all && (
        <button type="button" class="chip unknown" onClick={() => setAll(true)}>
          {w.moreStyles}
        </button>
      )}
    </div>
  );
}

/** One of each family of styles, so that the short row shows what there is. */
function firsts(styles: readonly Schemas["StyleFacts"][]): readonly Schemas["StyleFacts"][] {
  const taken = new Map<string, number>();
  return styles.filter((one) => {
    const n = taken.get(one.category) ?? 0;
    taken.set(one.category, n + 1);
    return n < 1;
  });
}
