/// The words a track is learned by, edited in place: what nobody is sure of is marked where it stands.
import { useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Failure } from "../../parts/states";
import { say } from "../../state/toasts";
import { said } from "../../strings/tracks";
import { type Caption, textOf } from "./store";

type Field = "text" | "bpm" | "key" | "meter" | "lyrics" | "language";
/** Which flags a field answers. */
const ANSWERS: Record<Field, readonly string[]> = {
  text: ["no_clear_style", "unsure_style"],
  bpm: ["unsure_tempo", "tempo_disagrees", "tempo_not_measured"],
  key: ["unsure_key", "key_disagrees", "key_not_measured"],
  meter: [],
  lyrics: ["unsure_voice"],
  language: [],
};

export function CaptionEditor({ id, caption, changed }: { id: string; caption: Caption; changed: () => void }) {
  const before: Record<Field, string> = {
    text: textOf(caption),
    bpm: caption.bpm === null ? "" : String(Math.round(caption.bpm * 100) / 100),
    key: caption.key ?? "",
    meter: caption.meter === null ? "" : String(caption.meter),
    lyrics: caption.lyrics.text,
    language: caption.lyrics.language,
  };
  const [now, setNow] = useState(before);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [busy, setBusy] = useState(false);
  const edited = (Object.keys(now) as Field[]).filter((one) => now[one] !== before[one]);
  const wrong = (name: Field): string => trouble?.errors.find((one) => one.pointer.endsWith(name))?.detail ?? "";
  const keep = (event: Event): void => {
    event.preventDefault();
    setBusy(true);
    setTrouble(null);
    api.patch("/v1/tracks/{track}/caption", { path: { track: id }, body: Object.fromEntries(edited.map((one) => [one, now[one]])) }).then(
      () => (setBusy(false), say(said.saved), changed()),
      (error: unknown) => (setBusy(false), setTrouble(asTrouble(error))),
    );
  };
  const field = (name: Field, label: string, long = false) => {
    const flags = caption.flags.filter((flag) => ANSWERS[name].includes(flag));
    const same = { value: now[name], "aria-invalid": Boolean(wrong(name)), onInput: (event: Event) => setNow({ ...now, [name]: (event.currentTarget as HTMLInputElement).value }) };
    return (
      <label class={`field${flags.length ? " flagged" : ""}`} key={name}>
        <span>
          {label}
          {caption.edited.includes(name) && <em class="faint">{` ${said.byHand}`}</em>}
        </span>
        {long ? <textarea rows={name === "lyrics" ? 5 : 3} {...same} /> : <input type="text" {...same} />}
        {flags.map((flag) => (
          <span key={flag} class="flag small">{[said.flag(flag), caption.measured[name]].filter(Boolean).join(": ")}</span>
        ))}
        {wrong(name) && <span class="bad-text small" role="alert">{wrong(name)}</span>}
      </label>
    );
  };
  return (
    <form class="panel stack" onSubmit={keep}>
      <header class="row">
        <h2 class="grow">{said.words}</h2>
        <CopyCommand command={["twin", "tracks", "caption", "edit", id, ...edited.flatMap((one) => ["--set", `${one}=${now[one]}`])]} />
      </header>
      {field("text", said.caption, true)}
      <div class="fields four">
        {field("bpm", said.tempo)}
        {field("key", said.key)}
        {field("meter", said.meter)}
        {field("language", said.language)}
      </div>
      {field("lyrics", said.lyrics, true)}
      {trouble && !trouble.errors.some((one) => Object.keys(now).some((name) => one.pointer.endsWith(name))) && <Failure trouble={trouble} />}
      <div class="row actions">
        <button type="submit" class="button main" disabled={!edited.length || busy}>{said.save_}</button>
        {edited.length > 0 && <button type="button" class="button quiet" onClick={() => (setNow(before), setTrouble(null))}>{said.leave}</button>}
      </div>
    </form>
  );
}
