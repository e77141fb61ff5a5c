/// One stage: its sentence, what it works on as chips, and every field of its record behind a fold.
import { Icon } from "../../parts/icons";
import { say } from "../../state/toasts";
import { words } from "../../strings";
import { said, sentenceOf } from "../../strings/pipelines";
import { type Stage, sourcesOf, type Tables } from "./draft";
import { SchemaForm } from "./form";
import type { Defs, Schema } from "./schema";

interface Given {
  stage: Stage;
  at: number;
  tables: Tables;
  defs: Defs;
  schema: Schema | undefined;
  errors: ReadonlyMap<string, string>;
  onChange: (stage: Stage) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
  onBack: () => void;
}

export function StageCard({ stage, at, tables, defs, schema, errors, onChange, onMove, onRemove, onBack }: Given) {
  const pointer = `/stages/${at}`;
  const own = errors.get(pointer);
  const inside = [...errors].filter(([one]) => one.startsWith(`${pointer}/`));
  const single = stage.kind !== "mix" && stage.kind !== "generate";
  const remove = (): void => {
    onRemove();
    say(said.removed(stage.id), { action: { label: words.undo, run: onBack } });
  };
  return (
    <li class={`panel stage${own || inside.length ? " broken" : ""}`}>
      <header class="row">
        <span class="count" aria-hidden="true">{at + 1}</span>
        <p class="sentence grow">{capital(sentenceOf(stage))}</p>
        <span class="tools">
          <button type="button" class="button quiet icon" aria-label={said.up(stage.id)} disabled={at === 0} onClick={() => onMove(-1)}><Icon name="up" /></button>
          <button type="button" class="button quiet icon" aria-label={said.down(stage.id)} disabled={at === tables.stages.length - 1} onClick={() => onMove(1)}><Icon name="down" /></button>
          <button type="button" class="button quiet icon" aria-label={said.remove(stage.id)} disabled={tables.stages.length === 1} onClick={remove}><Icon name="trash" /></button>
        </span>
      </header>
      {(single || stage.kind === "mix") && (
        <div class="row sources">
          <span class="label">{said.sources}</span>
          {!single && sourcesOf(stage).map((one, i) => <span key={i} class={`chip${one ? " known" : " bad"}`}>{one ? sourceName(one) : said.noSource}</span>)}
          {single && (
            <select aria-label={said.sources} value={String(stage["source"] ?? "")} onChange={(event) => onChange({ ...stage, source: event.currentTarget.value })}>
              {!choices(tables, at).includes(String(stage["source"] ?? "")) && <option value={String(stage["source"] ?? "")}>{stage["source"] ? sourceName(String(stage["source"])) : said.noSource}</option>}
              {choices(tables, at).map((one) => <option key={one} value={one}>{sourceName(one)}</option>)}
            </select>
          )}
        </div>
      )}
      {own && <p class="bad-text" role="alert">{own}</p>}
      {inside.length > 0 && (
        <ul class="mistakes small">{inside.map(([one, text]) => <li key={one}><strong>{one.slice(pointer.length + 1).replaceAll("/", " › ").replaceAll("_", " ")}</strong>{`: ${text}`}</li>)}</ul>
      )}
      {schema && (
        <details class="fold">
          <summary>{said.fields}</summary>
          <label class="field name">
            <span>{said.id}</span>
            <input type="text" value={stage.id} aria-invalid={errors.has(`${pointer}/id`)} onInput={(event) => onChange({ ...stage, id: event.currentTarget.value })} />
          </label>
          <SchemaForm schema={schema} defs={defs} value={stage} at={pointer} errors={errors} skip={["kind", "source_hash", ...(single ? ["source"] : [])]} onChange={(to) => onChange({ ...to, id: stage.id, kind: stage.kind } as Stage)} />
        </details>
      )}
    </li>
  );
}

/** What a stage may work on: the take that is given, and every stage before it. */
const choices = (tables: Tables, at: number): string[] => ["@source", ...tables.stages.slice(0, at).map((one) => `@${one.id}`)];

export function sourceName(source: string): string {
  if (source === "@source") return said.given;
  return source.startsWith("@") ? said.stageSource(source.slice(1)) : said.takeSource(source);
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
