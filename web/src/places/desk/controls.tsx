/// Controls drawn from the desk's schema: every number a slider with its bounds and unit, every effect a box of them.
import { useId } from "preact/hooks";
import { write } from "../../parts/number";
import { said } from "../../strings/desk";
import { type Defs, nameOf, resolve, type Schema } from "../pipelines/schema";
import type { Part } from "./store";

export interface DeskSchema extends Schema {
  $defs: Defs;
}
type Known = Schema & { unit?: string };

export const label = (name: string): string => name.replaceAll("_", " ");
export const recordOf = (defs: Defs, name: string): Schema => defs[name] ?? {};

/** Steps of a slider: 1000 over its range, by octaves for frequencies. */
const STEPS = 1000;
const toStep = (value: number, low: number, high: number, log: boolean): number =>
  Math.round(STEPS * (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low)));
function fromStep(step: number, low: number, high: number, log: boolean): number {
  if (step >= STEPS) return high;
  const value = log ? low * (high / low) ** (step / STEPS) : low + ((high - low) * step) / STEPS;
  const digits = Math.max(0, 3 - Math.ceil(Math.log10(log ? value : high - low)));
  return Number(value.toFixed(Math.min(digits, 3)));
}

const isNumber = (schema: Schema): boolean => schema.type === "number" || schema.type === "integer";

export function Slider({ schema, value, name, onChange }: { schema: Known; value: number; name: string; onChange: (to: number) => void }) {
  const low = schema.minimum ?? 0;
  const high = schema.maximum ?? 1;
  const log = schema.unit === "Hz" && low > 0;
  const unit = schema.unit ?? "";
  return (
    <span class="slider">
      <input type="range" min={0} max={STEPS} value={toStep(value, low, high, log)} aria-label={name} aria-valuetext={`${write(value, 2)} ${unit}`.trim()} title={schema.description}
        onInput={(event) => onChange(fromStep(Number(event.currentTarget.value), low, high, log))} />
      <Figure low={low} high={high} value={value} unit={unit} name={name} onChange={onChange} />
    </span>
  );
}

/** The number itself, to be typed. */
export function Figure({ low, high, value, unit, name, onChange }: { low: number; high: number; value: number; unit: string; name: string; onChange: (to: number) => void }) {
  return (
    <span class="figure">
      <input type="number" min={low} max={high} step="any" value={Number(value.toFixed(3))} aria-label={`${name}${unit && `, ${unit}`}`}
        onChange={(event) => {
          const to = Number(event.currentTarget.value);
          if (event.currentTarget.value !== "" && Number.isFinite(to)) onChange(Math.min(high, Math.max(low, to)));
          event.currentTarget.value = String(Number(value.toFixed(3)));
        }} />
      <i class="unit">{unit}</i>
    </span>
  );
}

interface FieldsGiven {
  schema: Schema;
  defs: Defs;
  value: Part;
  /** Whose they are, for those who hear the page. */
  of: string;
  /** Strips that a side-chain can listen to. */
  others?: readonly string[];
  skip?: readonly string[];
  onChange: (name: string, to: unknown) => void;
}

/** Every single value of a record; what is a record itself is drawn by whoever asks. */
export function Fields({ schema, defs, value, of, others = [], skip = [], onChange }: FieldsGiven) {
  return (
    <>
      {Object.entries(schema.properties ?? {}).map(([name, raw]) => {
        const field = resolve(raw, defs) as Known & { nullable: boolean };
        const called = `${label(name)}, ${of}`;
        if (skip.includes(name) || field.const !== undefined || field.properties || (field.type === "object") || field.type === "array") return null;
        if (name === "by") {
          return (
            <label class="control" key={name}>
              <span>{said.by}</span>
              <select value={String(value[name] ?? "")} aria-label={`${said.by}, ${of}`} onChange={(event) => onChange(name, event.currentTarget.value)}>
                {others.map((one) => <option key={one}>{one}</option>)}
              </select>
            </label>
          );
        }
        if (field.type === "boolean") {
          return (
            <label class="check" key={name} title={field.description}>
              <input type="checkbox" checked={Boolean(value[name] ?? field.default)} onChange={(event) => onChange(name, event.currentTarget.checked)} />
              {label(name)}
            </label>
          );
        }
        if (field.enum) {
          return (
            <label class="control" key={name} title={field.description}>
              <span>{label(name)}</span>
              <select value={String(value[name] ?? field.default)} aria-label={called} onChange={(event) => onChange(name, isNumber(field) || typeof field.enum![0] === "number" ? Number(event.currentTarget.value) : event.currentTarget.value)}>
                {field.enum.map((one) => <option key={String(one)}>{String(one)}</option>)}
              </select>
            </label>
          );
        }
        if (!isNumber(field)) return null;
        return <NumberField key={name} name={name} field={field} value={value[name] as number | null | undefined} called={called} onChange={(to) => onChange(name, to)} />;
      })}
    </>
  );
}

function NumberField({ name, field, value, called, onChange }: { name: string; field: Known & { nullable: boolean }; value: number | null | undefined; called: string; onChange: (to: number | null) => void }) {
  const id = useId();
  const low = field.minimum ?? 0;
  const usual = typeof field.default === "number" ? field.default : Math.max(low, Math.min(field.maximum ?? 1, name === "loudness" ? -14 : name === "bpm" ? 90 : name === "hz" ? 1000 : 0));
  const there = value !== null && value !== undefined;
  if (field.nullable && !there) {
    return (
      <label class="check" key={name} title={field.description}>
        <input type="checkbox" id={id} checked={false} onChange={() => onChange(usual || low || 1)} />
        {label(name)} <span class="faint small">{said.notSet}</span>
      </label>
    );
  }
  return (
    <div class="control" title={field.description}>
      {field.nullable ? (
        <label class="check"><input type="checkbox" checked onChange={() => onChange(null)} />{label(name)}</label>
      ) : (
        <span>{label(name)}</span>
      )}
      <Slider schema={field} value={there ? value : usual} name={called} onChange={onChange} />
    </div>
  );
}

/** The effects that a strip or the master can have, by their fields: the record that each is. */
export function effectsOf(schema: Schema, defs: Defs): Map<string, Schema> {
  const found = new Map<string, Schema>();
  for (const [name, raw] of Object.entries(schema.properties ?? {})) {
    const field = resolve(raw, defs);
    if (field.properties) found.set(name, field);
    else if (field.type === "array" && field.items?.$ref) found.set(name, defs[nameOf(field.items.$ref)] ?? {});
  }
  return found;
}

/** A record as it is by default; numbers without one begin where they are neutral. */
export function usualOf(schema: Schema, defs: Defs, name: string, others: readonly string[]): Part {
  const made: Part = {};
  for (const [field, raw] of Object.entries(schema.properties ?? {})) {
    const known = resolve(raw, defs) as Known;
    if (known.default !== undefined || known.const !== undefined) made[field] = known.default ?? known.const;
    else if (field === "by") made[field] = others[0];
    else if (field === "hz") made[field] = HZ[name] ?? 1000;
    else if (isNumber(known)) made[field] = Math.max(known.minimum ?? 0, Math.min(known.maximum ?? 1, 0));
  }
  return made;
}
const HZ: Record<string, number> = { high_pass: 40, low_pass: 16_000, low_shelf: 120, high_shelf: 8000 };
