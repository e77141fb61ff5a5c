/// A pipeline while it is worked on: its tables, kept in this tab over a reload, checked by the server as they change.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, type Take, type Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";

export interface Stage {
  id: string;
  kind: string;
  [name: string]: unknown;
}
export interface Tables {
  title?: string;
  about?: string;
  seed?: number | null;
  /** What stages share that do not say it themselves. */
  prompt?: Record<string, unknown>;
  stages: readonly Stage[];
}
export interface Checked {
  state: "checking" | "right" | "wrong";
  errors: ReadonlyMap<string, string>;
  trouble: Trouble | null;
}

const SOON = 350;
const MOST_STAGES = 32;
const keyOf = (name: string): string => `twin.pipeline.${name}`;

/** Tables under a name, as they were left in this tab. */
export function keptTables(name: string): Tables | null {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(name)) ?? "null") as Tables | null;
  } catch {
    return null;
  }
}
export const keepTables = (name: string, tables: Tables): void => sessionStorage.setItem(keyOf(name), JSON.stringify(tables));
export const forgetTables = (name: string): void => sessionStorage.removeItem(keyOf(name));

/** The tables with words for stages that make music and have none yet: they are said when it is played. */
export function withCaption(tables: Tables, caption: string): Tables {
  if (tables.prompt?.["caption"]) return tables;
  const filled = tables.stages.map((stage) => {
    const prompt = (stage["prompt"] ?? {}) as Record<string, unknown>;
    return stage.kind === "generate" && !prompt["caption"] ? { ...stage, prompt: { ...prompt, caption } } : stage;
  });
  return { ...tables, stages: filled };
}

/** Ask the server what is wrong, a moment after the last change. */
export function useChecked(tables: Tables): Checked {
  const [checked, setChecked] = useState<Checked>({ state: "checking", errors: new Map(), trouble: null });
  const text = JSON.stringify(tables);
  const turn = useRef(0);
  useEffect(() => {
    const mine = ++turn.current;
    setChecked((old) => ({ ...old, state: "checking" }));
    const timer = setTimeout(() => {
      api.post("/v1/pipelines/validate", { body: tables as never }).then(
        () => mine === turn.current && setChecked({ state: "right", errors: new Map(), trouble: null }),
        (error: unknown) => {
          if (mine !== turn.current) return;
          const trouble = asTrouble(error);
          setChecked({ state: "wrong", errors: new Map(trouble.errors.map((one) => [one.pointer, one.detail])), trouble });
        },
      );
    }, SOON);
    return () => clearTimeout(timer);
  }, [text]);
  return checked;
}

/** A name that no stage has. */
export function freshId(kind: string, stages: readonly Stage[]): string {
  const taken = new Set(stages.map((one) => one.id));
  for (let i = 1; ; i++) {
    const name = i === 1 ? kind : `${kind}-${i}`;
    if (!taken.has(name)) return name;
  }
}

/** What a stage works on: every `source` and `guide` that names something. */
export function sourcesOf(stage: Stage): string[] {
  if (Array.isArray(stage["inputs"])) return (stage["inputs"] as { source?: string }[]).map((one) => one.source ?? "");
  return "source" in stage || stage.kind !== "generate" ? [String(stage["source"] ?? "")] : [];
}

/** The stages that made a take, from the sources on: each take's own record, and those of the takes that it names. */
export async function traceTake(id: string): Promise<Tables> {
  const stages: Stage[] = [];
  const names = new Map<string, string>();
  const walk = async (take: Take): Promise<string> => {
    const known = names.get(take.id);
    if (known) return known;
    const record = clean(take.stage as Record<string, unknown>);
    for (const holder of [record, ...((record["inputs"] as Record<string, unknown>[] | undefined) ?? [])]) {
      const source = holder["source"];
      if (typeof source !== "string" || !source || stages.length >= MOST_STAGES) continue;
      const parent = take.parents.find((one) => one.startsWith(source)) ?? source;
      const found = await api.get("/v1/takes/{take}", { path: { take: parent } }).catch(() => null);
      if (found) holder["source"] = `@${await walk(found.take)}`;
    }
    const name = freshId(String(record["kind"]), stages);
    stages.push({ id: name, kind: String(record["kind"]), ...record });
    names.set(take.id, name);
    return name;
  };
  const { take } = await api.get("/v1/takes/{take}", { path: { take: id } });
  await walk(take);
  return { title: take.caption.slice(0, 80), stages };
}

/** A stage's record without what is as usual or says nothing. */
function clean(value: Record<string, unknown>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    if (inner === null || inner === "" || name === "source_hash" || name === "metas") continue;
    if (Array.isArray(inner)) {
      if (inner.length && name !== "adapters") found[name] = inner.map((one) => (one && typeof one === "object" && !Array.isArray(one) ? clean(one as Record<string, unknown>) : one));
    } else if (typeof inner === "object") {
      const kept = clean(inner as Record<string, unknown>);
      if (Object.keys(kept).length) found[name] = kept;
    } else found[name] = inner;
  }
  return found;
}
