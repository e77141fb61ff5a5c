/// What can be said beside the line: tempo, key, length, producer. Folded away until it is wanted.
import { useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { useLoad } from "../../api/load";
import type { Understood } from "../../api/takes";
import { SongSheet } from "../../song/sheet";
import { words } from "../../strings";
import { said } from "../../strings/song";
import type { Wish } from "./plan";

const w = words.make;

interface Properties {
  wish: Wish;
  understood: Understood | null;
  trouble: Trouble | null;
  onChange: (change: Partial<Wish>) => void;
}

export function More({ wish, understood, trouble, onChange }: Properties) {
  const producers = useLoad("producers", (signal) => api.get("/v1/producers", { query: { limit: 500 }, signal }));
  const abilities = useLoad("capabilities", (signal) => api.get("/v1/capabilities", { signal }));
  const twins = producers.data?.items.filter((one) => one.twin) ?? [];
  const variants = abilities.data?.tasks["text2music"] ?? ["nano"];
  const [written] = useState(() => Boolean(wish.chords || wish.form || wish.players || wish.tempi || wish.hold || wish.lines.length));
  const wrong = (end: string): "true" | undefined => (trouble?.errors.some((one) => one.pointer.endsWith(`/${end}`)) ? "true" : undefined);
  const field = (name: Exclude<keyof Wish, "lines">, label: string, more: { hint?: string; min: number; max?: number; step?: string; end?: string }) => (
    <label class="field">
      <span>{label}</span>
      <input type="number" min={more.min} max={more.max} step={more.step ?? "1"} value={wish[name]} placeholder={more.hint} aria-invalid={wrong(more.end ?? name)}
        onInput={(event) => onChange({ [name]: event.currentTarget.value })} />
    </label>
  );
  return (
    <>
      <details class="fold">
        <summary>{w.more}</summary>
        <div class="fields">
          {field("bpm", `${w.tempo}, ${words.units.bpm}`, { hint: understood?.bpm ? String(understood.bpm) : w.tempoHint, min: 30, max: 300, step: "any" })}
          <label class="field">
            <span>{w.key}</span>
            <input type="text" value={wish.key} placeholder={understood?.key ?? w.keyHint} aria-invalid={wrong("key")}
              onInput={(event) => onChange({ key: event.currentTarget.value })} />
          </label>
          <label class="field">
            <span>{w.meter}</span>
            <select value={wish.meter} onChange={(event) => onChange({ meter: event.currentTarget.value })}>
              {["", "2", "3", "4", "6"].map((one) => (
                <option key={one} value={one}>
                  {one || w.free}
                </option>
              ))}
            </select>
          </label>
          {field("seconds", `${w.length}, ${words.units.s}`, { min: 1, max: 600, step: "any" })}
          {field("takes", w.takes, { min: 1, max: 8, end: "batch" })}
          {field("seed", w.seed, { hint: w.seedHint, min: 0 })}
          {field("steps", w.steps, { hint: w.stepsHint, min: 1, max: 500 })}
          <label class="field">
            <span>{w.producer}</span>
            <select value={wish.producer} onChange={(event) => onChange({ producer: event.currentTarget.value })}>
              <option value="">{w.nobody}</option>
              {twins.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>{w.variant}</span>
            <select value={wish.variant} onChange={(event) => onChange({ variant: event.currentTarget.value })}>
              {[...new Set([wish.variant, ...variants])].map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </select>
          </label>
        </div>
      </details>
      <details class="fold" open={written}>
        <summary>{said.title}</summary>
        <SongSheet wish={wish} understood={understood} trouble={trouble} onChange={onChange} />
      </details>
    </>
  );
}
