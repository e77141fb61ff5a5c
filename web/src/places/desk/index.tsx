/// The desk: stems, their strips, buses and master, heard while a fader moves, set by the rules, mixed to a take, handed over.
import { useEffect, useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { copy } from "../../parts/copy";
import { Icon } from "../../parts/icons";
import { Empty, Failure, Ghost } from "../../parts/states";
import { ask, query } from "../../router";
import { say } from "../../state/toasts";
import { words } from "../../strings";
import { said } from "../../strings/desk";
import { Automatic } from "./automatic";
import type { DeskSchema } from "./controls";
import "./desk.css";
import { Keep } from "./keep";
import { Listen } from "./listen";
import { Mix } from "./mix";
import { Stems, stemsOf } from "./stems";
import { AddBus, BusCard, MasterCard, StripCard } from "./strip";
import { addStems, clear, desk, inputs, MOST, notes, put, trouble, write, written } from "./store";

export function Desk({ rest }: { rest: readonly string[] }) {
  const schema = useLoad("desk schema", (signal) => api.get("/v1/desks/schema", { signal }));
  const [adding, setAdding] = useState(false);
  const [broken, setBroken] = useState<Trouble | null>(null);
  const asked = query.value.get("take") ?? "";
  useEffect(() => void write(), []);
  useEffect(() => {
    if (!asked) return;
    stemsOf(asked).then(addStems).then(() => ask({ take: "" }), (error: unknown) => setBroken(asTrouble(error)));
  }, [asked]);
  if (rest.length) return <Empty title={said.notThere} action={<a class="button main" href="/desk">{said.back}</a>} />;
  const there = inputs.value.length > 0;
  return (
    <div class="desk stack">
      <header class="stack">
        <div class="row">
          <h1 class="grow">{said.title}</h1>
          {there && inputs.value.length < MOST && <button type="button" class="button" aria-expanded={adding} onClick={() => setAdding(!adding)}><Icon name="plus" />{said.add}</button>}
          {there && <button type="button" class="button quiet" onClick={reset}>{said.anew}</button>}
        </div>
        <p class="soft">{said.what}</p>
      </header>
      {broken && <Failure trouble={broken} />}
      {(!there || adding) && <Stems {...(there ? { onDone: () => setAdding(false) } : {})} />}
      {schema.error && !schema.data && <Failure trouble={schema.error} again={schema.again} />}
      {there && !schema.data && !schema.error && <Ghost height={480} />}
      {there && schema.data && (
        <>
          <Listen />
          <Mix />
          {notes.value.length > 0 && <ul class="soft small">{notes.value.map((one) => <li key={one}>{one}</li>)}</ul>}
          {trouble.value && <Failure trouble={trouble.value} />}
          <div class="strips" tabIndex={0} role="region" aria-label={said.strips}>
            <ul>
              {inputs.value.map((one) => <StripCard key={one.source} input={one} schema={schema.data as unknown as DeskSchema} />)}
              {Object.keys(desk.value.buses ?? {}).map((name) => <BusCard key={name} name={name} schema={schema.data as unknown as DeskSchema} />)}
              <AddBus />
              <MasterCard schema={schema.data as unknown as DeskSchema} />
            </ul>
          </div>
          <div class="beside">
            <Automatic />
            <Keep schema={schema.data as unknown as DeskSchema} />
          </div>
          <Faust />
        </>
      )}
    </div>
  );
}

function reset(): void {
  const before = { inputs: inputs.value, desk: desk.value };
  clear();
  say(said.cleared, { action: { label: words.undo, run: () => ((inputs.value = before.inputs), put(before.desk)) } });
}

function Faust() {
  const source = written.value?.faust ?? "";
  return (
    <details class="fold panel faust">
      <summary>{said.faust}</summary>
      <div class="stack">
        <div class="row">
          <p class="soft grow">{said.faustWhat}</p>
          <button type="button" class="button" disabled={!source} onClick={() => void copy(source, said.copied)}><Icon name="copy" />{said.copyFaust}</button>
        </div>
        <pre tabindex={0} aria-label={said.faust}>{source}</pre>
      </div>
    </details>
  );
}
