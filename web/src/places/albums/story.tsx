/// How an album came about: every decision in order, with what spoke for it, what was not taken, and what it cost.
import { useState } from "preact/hooks";
import { api, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Failure, Ghost } from "../../parts/states";
import { span, typeset } from "../../strings";
import { said } from "../../strings/albums";

type Decision = Schemas["Decision"];
/** Ids of takes are links below a decision. */
const ID = /\btake [a-z2-7]{12},? ?/g;

export function Story({ id, currency, version }: { id: string; currency: string; version: number }) {
  const [track, setTrack] = useState(-1);
  const found = useLoad(`story${id}`, (signal) => readAll(id, signal), version);
  const rows = found.data ?? [];
  const places = [...new Set(rows.map((one) => one.track ?? 0))].sort((a, b) => a - b);
  const shown = rows.filter((one) => track < 0 || (one.track ?? 0) === track);
  return (
    <section class="stack story">
      <header class="row">
        <h2 class="grow">{said.story}</h2>
        <label class="row small"><span class="soft">{said.onlyTrack}</span>
          <select value={String(track)} onChange={(event) => setTrack(Number(event.currentTarget.value))}>
            <option value="-1">{said.every}</option>
            {places.map((one) => <option key={one} value={String(one)}>{one ? said.track(one) : said.ofAlbum}</option>)}
          </select>
        </label>
      </header>
      <p class="soft">{said.storyWhat}</p>
      {found.error && !found.data && <Failure trouble={found.error} again={found.again} />}
      {!found.data && !found.error && <Ghost height={200} />}
      <ol class="decisions">{shown.map((one) => <li key={one.step}><Row one={one} currency={currency} /></li>)}</ol>
    </section>
  );
}

/** Every decision, however many there are. */
async function readAll(id: string, signal: AbortSignal): Promise<Decision[]> {
  const rows: Decision[] = [];
  for (let cursor: string | null | undefined = ""; cursor !== null && cursor !== undefined; ) {
    const part: { items: Decision[]; next?: string | null } = await api.get("/v1/albums/{album}/decisions", { path: { album: id }, query: { limit: 500, ...(cursor ? { cursor } : {}) }, signal });
    rows.push(...part.items);
    cursor = part.next;
  }
  return rows;
}

function Row({ one, currency }: { one: Decision; currency: string }) {
  const { takes = 0, seconds = 0, tokens = 0, money = 0 } = one.cost ?? {};
  const cost = [said.cost(takes, seconds ? span(seconds) : ""), said.spentOnWords(tokens, money, currency)].filter(Boolean).join(", ");
  const others = one.alternatives ?? [];
  return (
    <article class="decision">
      <span class={`chip ${one.kind === "stop" ? "bad" : one.kind === "deliver" ? "good" : one.kind === "choose" ? "known" : ""}`}>{said.kinds[one.kind] ?? one.kind}</span>
      <div class="stack">
        <p>{typeset(one.decision.replace(ID, ""))} {cost && <span class="faint small">{cost}</span>}</p>
        {one.told && <blockquote><strong class="small">{said.byModel}</strong><p>{typeset(one.told)}</p></blockquote>}
        {(one.evidence ?? []).length > 0 && <ul class="small soft">{one.evidence!.map((text, at) => <li key={at}>{typeset(text)}</li>)}</ul>}
        {others.length > 0 && (
          <details class="fold">
            <summary>{one.kind === "plan" ? said.cannot : said.instead(others.length)}</summary>
            <ul class="small soft">{others.map((text, at) => <li key={at}>{typeset(text)}</li>)}</ul>
          </details>
        )}
        {(one.takes ?? []).length > 0 && <p class="small">{one.takes!.map((take, at) => <a key={take} href={`/takes/${take}`}>{one.takes!.length > 1 ? said.takesOf[at] : said.take}</a>)}</p>}
      </div>
    </article>
  );
}
