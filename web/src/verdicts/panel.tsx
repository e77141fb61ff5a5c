/// What is said of a take: stars, what they are about and why, and every verdict so far with the weights that it is about.
import { useEffect, useState } from "preact/hooks";
import { api, type Schemas, type Take } from "../api/client";
import { useLoad } from "../api/load";
import { nameOf } from "../api/takes";
import { CopyCommand } from "../parts/copy";
import { Failure, Ghost } from "../parts/states";
import * as engine from "../player/engine";
import { nameOfTake } from "../player/sounds";
import { takesVersion } from "../state/takes";
import { ago } from "../strings";
import { said as listen } from "../strings/listen";
import { said } from "../strings/verdicts";
import { give, waiting } from "./outbox";
import { rate, Stars, starsOf } from "./stars";

type Facts = Schemas["VerdictFacts"];
const SHOWN = 100;

export function VerdictPanel({ take }: { take: Take }) {
  const title = nameOf(take);
  const stars = starsOf(take.id);
  const playing = nameOfTake(engine.sound.value);
  const other = playing === take.id ? "" : playing;
  const [tags, setTags] = useState("");
  const [remark, setRemark] = useState("");
  const keep = (event: Event): void => {
    event.preventDefault();
    if (!stars) return;
    rate(take.id, title, stars, tags.split(",").map((one) => one.trim()).filter(Boolean), remark.trim());
    setTags("");
    setRemark("");
  };
  const found = useLoad(`verdicts${take.id}`, (signal) => api.get("/v1/verdicts", { query: { take: take.id, every: true, limit: SHOWN }, signal }));
  useEffect(() => found.again(), [takesVersion.value, waiting.value.length]);
  const command = ["twin", "rate", take.id, String(stars ?? 4), ...(tags.trim() ? ["--tags", tags.trim()] : []), ...(remark.trim() ? ["--remark", remark.trim()] : [])];
  return (
    <section class="panel stack">
      <header class="row">
        <h2 class="grow">{said.heading}</h2>
        <CopyCommand command={command} />
      </header>
      <Stars take={take.id} title={title} large />
      <p class="faint small not-phone">{said.keys}</p>
      <form class="stack" onSubmit={keep}>
        <label class="field">
          <span>{said.tags}</span>
          <input type="text" maxLength={300} placeholder={said.tagsHint} value={tags} onInput={(event) => setTags(event.currentTarget.value)} />
        </label>
        <label class="field">
          <span>{said.remark}</span>
          <textarea rows={2} maxLength={5000} placeholder={said.remarkHint} value={remark} onInput={(event) => setRemark(event.currentTarget.value)} />
        </label>
        <div class="row">
          <button type="submit" class="button" disabled={!stars || !(tags.trim() || remark.trim())}>{stars ? said.keep : said.first}</button>
        </div>
      </form>
      <p><a href={`/listen/blind?between=takes&first=${take.id}${other ? `&second=${other}` : ""}`}>{listen.toBlind}</a></p>
      <Waiting />
      {found.error && !found.data && <Failure trouble={found.error} again={found.again} />}
      {!found.data && !found.error && <Ghost height={44} />}
      {found.data && <History take={take} facts={found.data.items} />}
    </section>
  );
}

/** That something has not reached the studio yet. */
export function Waiting() {
  return <p class="soft small" role="status">{waiting.value.length > 0 && said.waiting(waiting.value.length)}</p>;
}

function History({ take, facts }: { take: Take; facts: readonly Facts[] }) {
  const shown = facts.filter((one) => one.verdict.kind !== "withdrawal");
  if (!shown.length) return <p class="soft small">{said.none}</p>;
  return (
    <>
      <h3>{said.history}</h3>
      <ul class="said-verdicts">{shown.map((one) => <Line key={one.verdict.id} take={take} one={one} />)}</ul>
    </>
  );
}

/** What made the take, as a verdict says: the instrument, and its twins by the names they had. */
function originOf(take: Take, verdict: Facts["verdict"]): { text: string; hashes: string } {
  const origin = verdict.kind === "rating" ? verdict.origin : verdict.kind === "preference" ? verdict.origins[verdict.a === take.id ? 0 : 1] : null;
  if (!origin) return { text: "", hashes: "" };
  const names = (origin.adapters ?? []).map((hash) => take.adapters.find((one) => one.revision === hash)?.name ?? said.unknownTwin);
  return { text: said.on(origin.variant, names), hashes: [origin.revision, ...(origin.adapters ?? [])].join("\n") };
}

function Line({ take, one }: { take: Take; one: Facts }) {
  const { verdict, withdrawn } = one;
  if (verdict.kind === "withdrawal") return null;
  const { text, hashes } = originOf(take, verdict);
  const judgement = verdict.judgement!;
  const other = verdict.kind === "preference" ? (verdict.a === take.id ? verdict.b : verdict.a) : "";
  const won = verdict.kind === "preference" && verdict.choice !== "tie" && (verdict.choice === "a") === (verdict.a === take.id);
  const what = verdict.kind === "rating" ? said.stars(verdict.stars) : verdict.choice === "tie" ? said.tie : won ? said.preferred : said.lost;
  return (
    <li class={withdrawn ? "gone" : ""}>
      <strong>{what}</strong>
      {other && <a href={`/takes/${other}`}>{said.otherTake}</a>}
      {(judgement.tags ?? []).map((tag) => <span key={tag} class="chip">{tag}</span>)}
      <span class="soft small" title={hashes}>{[said.by(judgement.judge ?? "studio", judgement.source ?? "human"), text].filter(Boolean).join(" · ")}</span>
      <span class="faint small grow">{ago(new Date(verdict.created))}</span>
      {withdrawn ? <span class="chip">{said.gone}</span> : (
        <button type="button" class="button quiet" aria-label={said.takeBackOf(what)} onClick={() => give({ kind: "withdraw", verdict: verdict.id })}>{said.takeBack}</button>
      )}
      {judgement.remark && <p class="soft">{judgement.remark}</p>}
    </li>
  );
}
