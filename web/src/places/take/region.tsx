/// The region in numbers: its ends in seconds and in bars, and what is done with it.
import { useState } from "preact/hooks";
import type { Take, Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Failure } from "../../parts/states";
import * as engine from "../../player/engine";
import { submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { words } from "../../strings";
import { keepInside, type Stretch } from "../../wave/editor";

const w = words.take;

interface Properties {
  take: Take;
  sound: engine.Sound;
  region: Stretch | null;
  beat: number;
  onRegion: (region: Stretch | null) => void;
}

interface FieldProperties {
  label: string;
  value: number | null;
  step: number;
  low: number;
  write: (value: number) => void;
}

/** A number that is taken when the field is left. What is being typed stays, whatever else of the page is drawn anew meanwhile. */
function Field({ label, value, step, low, write }: FieldProperties) {
  const [draft, setDraft] = useState<string | null>(null);
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="number"
        step={step}
        min={low}
        value={draft ?? value ?? ""}
        onInput={(event) => setDraft(event.currentTarget.value)}
        onChange={(event) => {
          if (event.currentTarget.value) write(Number(event.currentTarget.value));
          setDraft(null);
        }}
        onBlur={() => setDraft(null)}
      />
    </label>
  );
}

export function Region({ take, sound, region, beat, onRegion }: Properties) {
  const [text, setText] = useState("");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const shown = region ?? { start: 0, end: 0 };
  const set = (change: Partial<Stretch>): void => onRegion(keepInside({ ...(region ?? { start: 0, end: Math.min(take.seconds, beat * 4) }), ...change }, take.seconds));
  const bar = sound.bar;
  const looped = engine.loop.value !== null && engine.sound.value?.key === sound.key;
  const repaint = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!region) return;
    setTrouble(null);
    const prompt = text.trim() ? { caption: text.trim() } : {};
    try {
      await submit("edit", { plan: { kind: "repaint", source: take.id, start: region.start, end: region.end, prompt, play: { variant: take.variant } } }, crypto.randomUUID());
      say(w.sent);
    } catch (error) {
      setTrouble(asTrouble(error));
    }
  };
  const loop = async (): Promise<void> => {
    if (looped) return engine.setLoop(null);
    if (engine.sound.value?.key !== sound.key) await engine.play(sound, region!.start);
    engine.setLoop(region);
    if (!engine.playing.value) await engine.resume();
  };
  const number = (label: string, value: number, step: number, write: (value: number) => void, low = 0) => (
    <Field label={label} value={region && Math.round(value * 1000) / 1000} step={step} low={low} write={write} />
  );
  return (
    <form class="region" noValidate onSubmit={(event) => void repaint(event)}>
      {number(`${w.from}, ${w.seconds}`, shown.start, 0.01, (start) => set({ start }))}
      {number(`${w.to}, ${w.seconds}`, shown.end, 0.01, (end) => set({ end }))}
      {bar && number(w.fromBar, shown.start / bar + 1, 1, (n) => set({ start: (n - 1) * bar, end: Math.max(shown.end, n * bar) }), 1)}
      {bar && number(w.toBar, shown.end / bar + 1, 1, (n) => set({ end: (n - 1) * bar }), 1)}
      <label class="field words">
        <span>{w.repaintWords}</span>
        <input type="text" value={text} placeholder={take.caption || w.repaintHint} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <div class="row">
        <button type="submit" id="repaint" class="button main" disabled={!region}>
          {w.repaint}
        </button>
        <button type="button" class="button" aria-pressed={looped} disabled={!region && !looped} onClick={() => void loop()}>
          {looped ? w.unloop : w.loop}
        </button>
        {region && (
          <>
            <button type="button" class="button quiet" onClick={() => onRegion(null)}>
              {w.clearRegion}
            </button>
            <CopyCommand command={["twin", "edit", "repaint", take.id, "--start", String(region.start), "--end", String(region.end), ...(text.trim() ? ["--caption", text.trim()] : [])]} />
          </>
        )}
      </div>
      {trouble && <Failure trouble={trouble} />}
    </form>
  );
}
