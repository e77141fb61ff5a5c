/// The form: what a take is asked for.
import { useState } from "preact/hooks";
import type { Asked, Card } from "./take";


const TONICS = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const KEYS = TONICS.flatMap((tonic) => [`${tonic} major`, `${tonic} minor`]);
const METERS = [2, 3, 4, 6];
/// Seconds of the longest take: what a browser's memory holds (docs/how-to/player.md).
const LONGEST = 120;
const MOST_SEED = 2 ** 32 - 1;

const drawSeed = () => crypto.getRandomValues(new Uint32Array(1))[0]!;

export function Asking({ card, busy, make, stop }: { card: Card; busy: boolean; make: (asked: Asked) => void; stop: () => void }) {
  const [seed, setSeed] = useState(drawSeed);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    make(readForm(new FormData(event.currentTarget as HTMLFormElement)));
  };
  return (
    <form class="panel stack" onSubmit={submit} aria-label="What to play">
      <label class="field">
        <span>Prompt</span>
        <textarea name="caption" required maxLength={2000} placeholder="lofi, rainy, rhodes, soft drums" />
      </label>
      <div class="fields">
        <Number name="bpm" label="Tempo, BPM" min={30} max={300} step="any" placeholder="not said" />
        <Choice name="key" label="Key" options={KEYS} />
        <Choice name="meter" label="Beats in a bar" options={METERS.map(String)} />
        <Number name="seconds" label="Length, s" min={1} max={Math.min(LONGEST, card.max_seconds)} step="any" value={10} />
      </div>
      <div class="fields">
        <Number name="steps" label="Steps" min={1} max={200} step={1} value={card.steps} />
        <Number name="guidance" label="Guidance" min={1} max={30} step="any" value={card.guidance} />
        <label class="field">
          <span>Seed</span>
          <input
            type="number"
            name="seed"
            required
            min={0}
            max={MOST_SEED}
            step={1}
            value={seed}
            onInput={(event) => setSeed(event.currentTarget.valueAsNumber)}
          />
        </label>
        <button type="button" class="button" onClick={() => setSeed(drawSeed())}>
          New seed
        </button>
      </div>
      <div class="row">
        <button class="button main" disabled={busy}>
          Make
        </button>
        <button type="button" class="button" disabled={!busy} onClick={stop}>
          Cancel
        </button>
      </div>
    </form>
  );
}

interface NumberFacts {
  name: string;
  label: string;
  min: number;
  max: number;
  step: number | "any";
  value?: number;
  placeholder?: string;
}

/// A number; one without a value may be left empty.
function Number({ label, value, ...rest }: NumberFacts) {
  return (
    <label class="field">
      <span>{label}</span>
      <input type="number" required={value !== undefined} defaultValue={value?.toString()} {...rest} />
    </label>
  );
}

function Choice({ name, label, options }: { name: string; label: string; options: string[] }) {
  return (
    <label class="field">
      <span>{label}</span>
      <select name={name}>
        <option value="">not said</option>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

function readForm(form: FormData): Asked {
  const text = (name: string) => String(form.get(name) ?? "");
  const number = (name: string) => (text(name) === "" ? null : parseFloat(text(name)));
  return {
    caption: text("caption"),
    metas: { bpm: number("bpm"), key: text("key") || null, meter: number("meter") },
    seconds: number("seconds") ?? 10,
    steps: number("steps") ?? 1,
    guidance: number("guidance") ?? 1,
    seed: number("seed") ?? 0,
  };
}
