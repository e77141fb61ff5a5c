/// The editor of a pipeline: its stages in their order, checked as they change, and played as one job.
import { useState } from "preact/hooks";
import { copy } from "../../parts/copy";
import { Failure } from "../../parts/states";
import { said } from "../../strings/pipelines";
import { forgetTables, freshId, keepTables, type Stage, type Tables, useChecked } from "./draft";
import { Flow } from "./flow";
import { Keep } from "./keep";
import { Play } from "./play";
import { type Defs, stageSchemas } from "./schema";
import { StageCard } from "./stage";

interface Given {
  name: string;
  /** What to show first, and what "begin anew" goes back to. */
  first: Tables;
  start: Tables;
  defs: Defs;
  present: readonly string[];
  traced: boolean;
  /** Whether it is the studio's own, so that it can be replaced and deleted. */
  own: boolean;
  /** Called when it was kept, so that it is read anew. */
  kept: () => void;
}

export function Editor({ name, first, start, defs, present, traced, own, kept }: Given) {
  const [tables, setTables] = useState(first);
  const checked = useChecked(tables);
  const schemas = stageSchemas(defs);
  const change = (to: Tables): void => {
    setTables(to);
    keepTables(name, to);
  };
  const put = (stages: readonly Stage[]): void => change({ ...tables, stages });
  const add = (kind: string): void => {
    if (!kind) return;
    const last = tables.stages.at(-1);
    const source = kind === "generate" ? {} : kind === "mix" ? { inputs: tables.stages.slice(-2).map((one) => ({ source: `@${one.id}` })) } : { source: last ? `@${last.id}` : "@source" };
    put([...tables.stages, { id: freshId(kind, tables.stages), kind, ...source }]);
  };
  const reset = (): void => {
    forgetTables(name);
    setTables(start);
  };
  const changed = JSON.stringify(tables) !== JSON.stringify(start);
  const general = checked.trouble && checked.trouble.errors.filter((one) => !/^\/stages\/\d+/.test(one.pointer));
  return (
    <div class="editor">
      <section class="stack">
        <header class="stack">
          <h1 class="hidden">{tables.title || said.untitled}</h1>
          <input class="title" type="text" aria-label={said.name} maxLength={80} value={tables.title ?? ""} placeholder={said.untitled} onInput={(event) => change({ ...tables, title: event.currentTarget.value })} />
          <p class="soft">{traced ? said.tracedWhat : tables.about}</p>
        </header>
        <ol class="stage-list" aria-label={said.stages}>
          {tables.stages.map((stage, at) => (
            <StageCard key={`${at} ${stage.kind}`} stage={stage} at={at} tables={tables} defs={defs} schema={schemas[stage.kind]} errors={checked.errors}
              onChange={(to) => put(tables.stages.map((one, i) => (i === at ? to : one)))}
              onMove={(by) => put(moved(tables.stages, at, by))}
              onRemove={() => put(tables.stages.filter((_, i) => i !== at))}
              onBack={() => put(tables.stages)} />
          ))}
        </ol>
        <select class="add" value="" aria-label={said.add} onChange={(event) => (add(event.currentTarget.value), (event.currentTarget.value = ""))}>
          <option value="">{said.add}</option>
          {Object.keys(schemas).map((kind) => <option key={kind} value={kind}>{said.kinds[kind] ?? kind}</option>)}
        </select>
        {general && general.length > 0 && <Failure trouble={checked.trouble!} />}
        <Keep name={name} own={own} kept={kept} tables={tables} ready={checked.state === "right"} changed={changed} />
        <div class="row">
          <button type="button" class="button quiet" onClick={() => void copy(JSON.stringify(tables, null, 2), said.copied)}>{said.copyToml}</button>
          {changed && <button type="button" class="button quiet" onClick={reset}>{said.reset}</button>}
        </div>
      </section>
      <aside class="stack">
        <p class={`state ${checked.state}`} role="status">
          {checked.state === "right" ? said.right : checked.state === "wrong" ? said.wrong(Math.max(1, checked.errors.size)) : said.checking}
        </p>
        <Play tables={tables} ready={checked.state === "right"} present={present} />
        <Flow stages={tables.stages} />
      </aside>
    </div>
  );
}

function moved(stages: readonly Stage[], at: number, by: -1 | 1): Stage[] {
  const found = [...stages];
  const [one] = found.splice(at, 1);
  found.splice(at + by, 0, one!);
  return found;
}
