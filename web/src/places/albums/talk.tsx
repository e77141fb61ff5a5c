/// Changing an album by talking: say it, see what of the plan becomes another, and approve exactly that.
import { useState } from "preact/hooks";
import { api, type Schemas, type Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";
import { Failure } from "../../parts/states";
import { say } from "../../state/toasts";
import { said } from "../../strings/albums";

export function Talk({ id, again }: { id: string; again: () => void }) {
  const [text, setText] = useState("");
  const [shown, setShown] = useState<{ words: string; plan: Schemas["PlannedRevision"] } | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [sending, setSending] = useState(false);
  const send = <T,>(work: Promise<T>, then: (found: T) => void): void => {
    setTrouble(null);
    setSending(true);
    work.then(then, (error: unknown) => setTrouble(asTrouble(error))).finally(() => setSending(false));
  };
  const show = (event: Event): void => {
    event.preventDefault();
    const words = text.trim();
    if (words) send(api.post("/v1/albums/{album}/revisions/plan", { path: { album: id }, body: { words } }), (plan) => setShown({ words, plan }));
  };
  const make = (): void => {
    if (!shown) return;
    send(api.post("/v1/albums/{album}/revisions", { path: { album: id }, body: { words: shown.words, call: shown.plan.call } as never }), () => {
      setText("");
      setShown(null);
      say(said.approved);
      again();
    });
  };
  return (
    <section class="panel stack talk">
      <h2><label for="album-talk">{said.talk}</label></h2>
      <form class="line" onSubmit={show}>
        <input id="album-talk" type="text" autocomplete="off" maxLength={2000} placeholder={said.talkExample} value={text} onInput={(event) => (setText(event.currentTarget.value), setShown(null), setTrouble(null))} />
        <button type="submit" class="button" disabled={!text.trim() || sending}>{said.show}</button>
      </form>
      <p class="faint small">{said.talkWhat}</p>
      {trouble && <Failure trouble={trouble} />}
      {shown && (
        <div class="stack" role="status">
          <Changes plan={shown.plan} />
          {shown.plan.changes.length > 0 && <div class="row"><button type="button" class="button main" disabled={sending} onClick={make}>{said.make}</button></div>}
        </div>
      )}
    </section>
  );
}

function Changes({ plan }: { plan: Schemas["PlannedRevision"] }) {
  return (
    <>
      {(plan.unknown.length > 0 || plan.notes.length > 0) && <ul class="chips">{plan.unknown.map((one) => <li key={one} class="chip unknown">{said.unknown(one)}</li>)}{plan.notes.map((one) => <li key={one} class="chip known">{one}</li>)}</ul>}
      {plan.cannot.length > 0 && <div class="lacks"><strong class="small">{said.cannot}</strong><ul>{plan.cannot.map((one) => <li key={one} class="small">{one}</li>)}</ul></div>}
      {plan.changes.length === 0 ? <p>{said.nothing}</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={said.changes}>
          <table class="plain diff">
            <thead><tr>{[said.field, said.before, said.after].map((one) => <th key={one} scope="col">{one}</th>)}</tr></thead>
            <tbody>
              {plan.changes.map((one) => (
                <tr key={`${one.track}${one.field}`}>
                  <th scope="row">{one.track ? said.track(one.track) : said.ofAlbum}, {one.field}</th>
                  <td class="soft"><del>{one.before}</del></td>
                  <td><ins>{one.after}</ins></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
