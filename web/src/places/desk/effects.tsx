/// The effects of one part of the desk: a box each, added and removed by name.
import { Icon } from "../../parts/icons";
import { write } from "../../parts/number";
import { said } from "../../strings/desk";
import { type Defs, resolve, type Schema } from "../pipelines/schema";
import { effectsOf, Fields, label, Slider, usualOf } from "./controls";
import type { Part } from "./store";

const BRIEF = ["hz", "gain", "ratio", "drive", "depth", "ceiling"];

/** An effect in its two numbers that say the most. */
function briefly(record: Schema, defs: Defs, one: Part): string {
  const told = BRIEF.filter((name) => typeof one[name] === "number" && record.properties?.[name]).slice(0, 2);
  return told.map((name) => {
    const { unit = "" } = resolve(record.properties![name]!, defs) as Schema & { unit?: string };
    const value = one[name] as number;
    return unit === "Hz" && value >= 1000 ? `${write(value / 1000, 1)} kHz` : name === "ratio" ? `${write(value, 1)}:1` : `${write(value, 1)} ${unit}`;
  }).join(" ");
}

interface Given {
  schema: Schema;
  defs: Defs;
  value: Part;
  of: string;
  others: readonly string[];
  onChange: (path: readonly (string | number)[], to: unknown) => void;
}

export function Effects({ schema, defs, value, of, others, onChange }: Given) {
  const known = effectsOf(schema, defs);
  const there = [...known].flatMap(([name, record]): { name: string; at: number | null; record: Schema; one: Part }[] => {
    const found = value[name];
    if (Array.isArray(found)) return (found as Part[]).map((one, at) => ({ name, at, record, one }));
    return found ? [{ name, at: null, record, one: found as Part }] : [];
  });
  const bells = value["bells"] as Part[] | undefined;
  const most = resolve(schema.properties?.["bells"] ?? {}, defs).maxItems ?? 6;
  const free = [...known.keys()].filter((name) => (name === "bells" ? (bells?.length ?? 0) < most : !value[name]) && (name !== "duck" || others.length > 0));
  const add = (name: string): void => {
    if (!name) return;
    const made = usualOf(known.get(name)!, defs, name, others);
    onChange([name], name === "bells" ? [...(bells ?? []), made] : made);
  };
  return (
    <div class="effects">
      {there.map(({ name, at, record, one }) => {
        const called = at === null ? label(name) : `${said.addBell} ${at + 1}`;
        const path = at === null ? [name] : [name, at];
        return (
          <details class="fold effect" key={called}>
            <summary>
              <span class="called">{called}</span>
              <span class="faint small">{briefly(record, defs, one)}</span>
            </summary>
            <div class="controls">
              <Fields schema={record} defs={defs} value={one} of={`${called} of ${of}`} others={others} onChange={(field, to) => onChange([...path, field], to)} />
              {[...effectsOf(record, defs)].map(([inner, schemaOf]) => (
                <Fields key={inner} schema={schemaOf} defs={defs} value={(one[inner] ?? {}) as Part} of={`${called} of ${of}`} onChange={(field, to) => onChange([...path, inner, field], to)} />
              ))}
              <button type="button" class="button quiet small" aria-label={`${said.off}: ${said.removePart(called, of)}`} onClick={() => onChange(path, at === null ? null : undefined)}>
                <Icon name="close" />
                {said.off}
              </button>
            </div>
          </details>
        );
      })}
      {free.length > 0 && (
        <select value="" aria-label={`${said.addEffect}, ${of}`} onChange={(event) => (add(event.currentTarget.value), (event.currentTarget.value = ""))}>
          <option value="">{said.addEffect}</option>
          {free.map((name) => <option key={name} value={name}>{name === "bells" ? said.addBell : label(name)}</option>)}
        </select>
      )}
    </div>
  );
}

/** What a strip sends to each bus. */
export function Sends({ schema, value, buses, of, onChange }: { schema: Schema; value: Record<string, number>; buses: readonly string[]; of: string; onChange: (to: Record<string, number>) => void }) {
  if (!buses.length) return null;
  const field = (schema.properties?.["sends"] as { additionalProperties?: Schema } | undefined)?.additionalProperties ?? {};
  return (
    <fieldset class="controls">
      <legend class="label">{said.sends}</legend>
      {buses.map((bus) => {
        const level = value[bus];
        const { [bus]: _, ...rest } = value;
        return (
          <div class="control" key={bus}>
            <label class="check">
              <input type="checkbox" checked={level !== undefined} onChange={() => onChange(level === undefined ? { ...value, [bus]: -12 } : rest)} />
              {said.sendTo(bus)}
            </label>
            {level !== undefined && <Slider schema={field} value={level} name={`${said.sendTo(bus)}, ${of}`} onChange={(to) => onChange({ ...value, [bus]: to })} />}
          </div>
        );
      })}
    </fieldset>
  );
}
