/// Desks that are kept: laid under the stems, saved under a name, compared with another, deleted.
import { useState } from "preact/hooks";
import { api, type Schemas, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { putBack } from "../../api/takes";
import { CopyCommand } from "../../parts/copy";
import { Failure } from "../../parts/states";
import { say } from "../../state/toasts";
import { words } from "../../strings";
import { said } from "../../strings/desk";
import { type DeskSchema, Fields } from "./controls";
import { desk, EMPTY, lay, type Part, set, trouble as wrong } from "./store";

const NAME = /^[a-z][a-z0-9_]{0,39}$/;
type Head = Schemas["DeskHead"];

function Names({ heads }: { heads: readonly Head[] }) {
  const own = heads.filter((one) => one.own);
  return (
    <>
      <optgroup label={said.presets}>{heads.filter((one) => !one.own).map((one) => <option key={one.name} value={one.name}>{one.title || one.name}</option>)}</optgroup>
      {own.length > 0 && <optgroup label={said.own}>{own.map((one) => <option key={one.name} value={one.name}>{one.name}</option>)}</optgroup>}
    </>
  );
}

export function Keep({ schema }: { schema: DeskSchema }) {
  const [name, setName] = useState("");
  const [other, setOther] = useState("");
  const [rows, setRows] = useState<readonly Schemas["Difference"][] | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const found = useLoad("desks", (signal) => api.get("/v1/desks", { query: { limit: 500 }, signal }));
  const heads = found.data?.items ?? [];
  const own = heads.some((one) => one.own && one.name === name);
  const attempt = (work: Promise<unknown>): void => {
    setTrouble(null);
    work.catch((error: unknown) => setTrouble(asTrouble(error)));
  };
  const load = (from: string): void => {
    const before = desk.value;
    attempt((from ? api.get("/v1/desks/{desk}", { path: { desk: from } }).then((one) => one.desk) : Promise.resolve(EMPTY)).then(async (base) => {
      await lay(base);
      if (heads.some((one) => one.own && one.name === from)) setName(from);
      say(`${said.desk}: ${base.title || said.plain}`, { action: { label: words.undo, run: () => void lay(before) } });
    }));
  };
  const keep = (event: Event): void => {
    event.preventDefault();
    attempt(api.put("/v1/desks/{desk}", { path: { desk: name }, query: { replace: own }, body: desk.value as never }).then(() => (say(said.saved(name)), found.again())));
  };
  const remove = (): void =>
    attempt(api.delete("/v1/desks/{desk}", { path: { desk: name } }).then((entry) => {
      say(said.removed(name), { action: { label: words.undo, run: () => void putBack(entry.id).then(found.again) } });
      found.again();
    }));
  const compare = (to: string): void => {
    setOther(to);
    setRows(null);
    if (to) attempt(api.get("/v1/desks/{desk}", { path: { desk: to } }).then((one) => api.post("/v1/desks/compare", { body: { one: desk.value as never, other: one.desk as never } })).then(setRows));
  };
  const loads = (event: { currentTarget: HTMLSelectElement }): void => {
    const to = event.currentTarget.value;
    event.currentTarget.value = "";
    if (to) load(to === "-" ? "" : to);
  };
  return (
    <section class="panel stack">
      <h2>{said.desk}</h2>
      <select value="" aria-label={said.desk} onChange={loads}>
        <option value="">{desk.value.title || said.plain}</option>
        <option value="-">{said.plain}</option>
        <Names heads={heads} />
      </select>
      <div class="controls">
        <Fields schema={schema} defs={schema.$defs} value={desk.value as Part} of={said.title} onChange={(one, to) => set([one], to)} />
      </div>
      {desk.value.about && <p class="soft small">{desk.value.about}</p>}
      <form class="row" onSubmit={keep}>
        <label class="field grow">
          <span>{said.keep}</span>
          <input type="text" value={name} maxLength={40} spellcheck={false} placeholder={said.nameHint} aria-invalid={name !== "" && !NAME.test(name)} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <button type="submit" class="button end" disabled={!NAME.test(name) || Boolean(wrong.value)}>{own ? said.replace : said.save}</button>
        {own && <button type="button" class="button quiet end" onClick={remove}>{said.remove}</button>}
      </form>
      {name && !NAME.test(name) && <p class="bad-text small">{said.noName}</p>}
      {own && <div class="row"><CopyCommand command={["twin", "desk", "show", name]} /></div>}
      {trouble && <Failure trouble={trouble} />}
      <label class="field">
        <span>{said.compare}</span>
        <select value={other} onChange={(event) => compare(event.currentTarget.value)}>
          <option value="">{said.compareNone}</option>
          <Names heads={heads} />
        </select>
      </label>
      {rows && rows.length === 0 && <p class="soft">{said.same}</p>}
      {rows && rows.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label={said.compare}>
          <table class="plain">
            <thead><tr><th scope="col">{said.place}</th><th scope="col">{said.here}</th><th scope="col">{other}</th></tr></thead>
            <tbody>{rows.map((row) => <tr key={row.place}><td>{row.place}</td><td>{row.one}</td><td>{row.other}</td></tr>)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}
