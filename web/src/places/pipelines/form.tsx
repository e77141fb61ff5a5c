/// A form drawn from a record's schema: every field with its own words, its limits, and its mistake where it stands.
import { useState } from "preact/hooks";
import { said } from "../../strings/pipelines";
import { type Defs, resolve, type Schema } from "./schema";

type Value = Record<string, unknown>;
interface Given {
  schema: Schema;
  defs: Defs;
  value: Value;
  /** Where it stands, as a JSON pointer. */
  at: string;
  errors: ReadonlyMap<string, string>;
  /** Fields that are shown elsewhere. */
  skip?: readonly string[];
  onChange: (value: Value) => void;
}

export function SchemaForm({ schema, defs, value, at, errors, skip = [], onChange }: Given) {
  const set = (name: string, to: unknown): void => {
    const { [name]: _, ...rest } = value;
    onChange(to === undefined ? rest : { ...rest, [name]: to });
  };
  return (
    <div class="schema">
      {Object.entries(schema.properties ?? {})
        .filter(([name, field]) => !skip.includes(name) && field.const === undefined)
        .map(([name, field]) => <Field key={name} name={name} schema={field} defs={defs} value={value[name]} at={`${at}/${name}`} errors={errors} onChange={(to) => set(name, to)} />)}
    </div>
  );
}

interface FieldGiven {
  name: string;
  schema: Schema;
  defs: Defs;
  value: unknown;
  at: string;
  errors: ReadonlyMap<string, string>;
  onChange: (value: unknown) => void;
}

const LONG = ["caption", "lyrics", "global_caption", "source_caption", "source_lyrics", "about"];
const label = (name: string): string => name.replaceAll("_", " ");

function Field(given: FieldGiven) {
  const { name, defs, value, at, errors, onChange } = given;
  const schema = resolve(given.schema, defs);
  const wrong = errors.get(at);
  if (schema.properties) {
    const inside = (value && typeof value === "object" ? value : {}) as Value;
    const used = Object.keys(inside).length;
    const broken = [...errors.keys()].some((one) => one.startsWith(`${at}/`));
    return (
      <details class={`inner${broken ? " broken" : ""}`} open={broken || used > 0}>
        <summary>{label(name)}{used > 0 && <span class="faint">{` ${used}`}</span>}</summary>
        <SchemaForm schema={schema} defs={defs} value={inside} at={at} errors={errors} onChange={(to) => onChange(Object.keys(to).length ? to : undefined)} />
      </details>
    );
  }
  if (schema.type === "boolean") {
    return (
      <label class="check" title={schema.description}>
        <input type="checkbox" checked={Boolean(value ?? schema.default)} onChange={(event) => onChange(event.currentTarget.checked === Boolean(schema.default) ? undefined : event.currentTarget.checked)} />
        {label(name)}
        {wrong && <span class="bad-text small" role="alert">{wrong}</span>}
      </label>
    );
  }
  return (
    <label class={`field${LONG.includes(name) || schema.type === "array" ? " wide" : ""}`}>
      <span>{label(name)}</span>
      <Input {...given} schema={schema} />
      {wrong ? <span class="bad-text small" role="alert">{wrong}</span> : <span class="faint small hint">{schema.description}</span>}
    </label>
  );
}

function Input({ name, schema, value, at, errors, onChange }: FieldGiven) {
  const invalid = errors.has(at);
  const usual = schema.default === null || schema.default === undefined || schema.default === "" ? said.unset : String(schema.default);
  if (schema.enum) {
    const numeric = schema.type === "integer" || schema.type === "number";
    return (
      <select aria-invalid={invalid} value={value === undefined || value === null ? "" : String(value)} onChange={(event) => onChange(event.currentTarget.value === "" ? undefined : numeric ? Number(event.currentTarget.value) : event.currentTarget.value)}>
        <option value="">{usual.replaceAll("_", " ")}</option>
        {schema.enum.map((one) => <option key={String(one)} value={String(one)}>{String(one).replaceAll("_", " ")}</option>)}
      </select>
    );
  }
  if (schema.type === "number" || schema.type === "integer") {
    // Text, so that what is half typed or wrong stays to be seen, and the server says what is wrong with it.
    return (
      <input type="text" inputMode="decimal" aria-invalid={invalid} value={value === undefined || value === null ? "" : String(value)} placeholder={rangeOf(schema, usual)}
        onInput={(event) => onChange(numberOf(event.currentTarget.value))} />
    );
  }
  if (schema.type === "array") {
    const simple = !schema.prefixItems && (schema.items?.type === "string" || schema.items?.type === "number");
    return simple ? (
      <textarea rows={2} aria-invalid={invalid} placeholder={said.listHint} value={Array.isArray(value) ? value.join("\n") : ""}
        onInput={(event) => {
          const lines = event.currentTarget.value.split("\n").filter((one, i, all) => one || i < all.length - 1);
          onChange(lines.length ? (schema.items?.type === "number" ? lines.map(numberOf) : lines) : undefined);
        }} />
    ) : (
      <JsonInput value={value} invalid={invalid} usual={JSON.stringify(schema.default ?? [])} onChange={onChange} />
    );
  }
  if (LONG.includes(name)) {
    return <textarea rows={2} aria-invalid={invalid} value={String(value ?? "")} onInput={(event) => onChange(event.currentTarget.value || undefined)} />;
  }
  return <input type="text" aria-invalid={invalid} value={String(value ?? "")} placeholder={usual} onInput={(event) => onChange(event.currentTarget.value || undefined)} />;
}

function JsonInput({ value, invalid, usual, onChange }: { value: unknown; invalid: boolean; usual: string; onChange: (value: unknown) => void }) {
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value));
  const [broken, setBroken] = useState(false);
  const type = (typed: string): void => {
    setText(typed);
    if (!typed.trim()) return (setBroken(false), onChange(undefined));
    try {
      onChange(JSON.parse(typed));
      setBroken(false);
    } catch {
      setBroken(true);
    }
  };
  return (
    <>
      <input type="text" aria-invalid={invalid || broken} value={text} placeholder={usual} onInput={(event) => type(event.currentTarget.value)} />
      {broken && <span class="bad-text small" role="alert">{said.notJson}</span>}
    </>
  );
}

/** A number where it is one; else the text, about which the server says what is wrong. */
function numberOf(text: string): unknown {
  if (!text.trim()) return undefined;
  const found = Number(text.replace(",", "."));
  return Number.isFinite(found) ? found : text;
}

function rangeOf(schema: Schema, usual: string): string {
  const range = schema.minimum !== undefined && schema.maximum !== undefined && schema.maximum < 1e6 ? `${schema.minimum} ${said.of} ${schema.maximum}` : "";
  return [usual, range].filter(Boolean).join(" · ");
}
