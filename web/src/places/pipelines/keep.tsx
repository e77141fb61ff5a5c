/// Keep a pipeline in the studio under a name of its own, replace it, or delete it.
import { useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";
import { putBack } from "../../api/takes";
import { Failure } from "../../parts/states";
import { go } from "../../router";
import { say } from "../../state/toasts";
import { words } from "../../strings";
import { said } from "../../strings/pipelines";
import { forgetTables, type Tables } from "./draft";

const NAME = /^[a-z][a-z0-9_-]{0,39}$/;
/** A name for files, from a title: small letters, digits and `-`. */
const nameOf = (title: string): string => title.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+|-+$/g, "").slice(0, 40);

export function Keep({ name, own, kept, tables, ready, changed }: { name: string; own: boolean; kept: () => void; tables: Tables; ready: boolean; changed: boolean }) {
  const [typed, setTyped] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const under = typed ?? (own ? name : nameOf(tables.title ?? ""));
  const replaces = own && under === name;
  const keep = (event: Event): void => {
    event.preventDefault();
    setTrouble(null);
    api.put("/v1/pipelines/{pipeline}", { path: { pipeline: under }, query: { replace: replaces }, body: tables as never }).then(
      () => (forgetTables(name), forgetTables(under), say(said.keptAs(under)), replaces ? kept() : go(`/pipelines/${under}`)),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  const remove = (): void => {
    api.delete("/v1/pipelines/{pipeline}", { path: { pipeline: name } }).then(
      (entry) => (forgetTables(name), say(said.deleted(name), { action: { label: words.undo, run: () => void putBack(entry.id) } }), go("/pipelines")),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  return (
    <form class="panel stack" onSubmit={keep}>
      <label class="field">
        <span>{said.keepUnder}</span>
        <input type="text" value={under} maxLength={40} spellcheck={false} aria-invalid={under !== "" && !NAME.test(under)} placeholder={said.keepHint} onInput={(event) => setTyped(event.currentTarget.value)} />
        <span class="faint small">{under && !NAME.test(under) ? said.noName : said.keepWhat}</span>
      </label>
      {trouble && <Failure trouble={trouble} />}
      <div class="row">
        <button type="submit" class="button" disabled={!ready || !NAME.test(under) || (replaces && !changed)}>{replaces ? said.keepChanges : said.keep}</button>
        {own && <button type="button" class="button quiet" onClick={remove}>{said.deleteIt}</button>}
      </div>
    </form>
  );
}
