/// The rules set the desk: what is said to them, their job, and the sentences that say why.
import { useEffect, useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";
import { Failure } from "../../parts/states";
import { ask, query } from "../../router";
import { findJob, submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { typeset, words } from "../../strings";
import { said } from "../../strings/desk";
import { JobCard } from "../jobs/card";
import { type Song, Like } from "./like";
import { desk, draft as drafted, EMPTY, inputs, partOf, put, toggleMove } from "./store";

const APPLIED = "twin.desk.draft";

export function Automatic() {
  const [prompt, setPrompt] = useState("");
  const [keeps, setKeeps] = useState(false);
  const [like, setLike] = useState<Song | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [told, setTold] = useState<readonly string[]>([]);
  const job = findJob(query.value.get("draft") ?? "");
  const draft = job?.state === "succeeded" ? job.things.find((one) => one.kind === "desk")?.id : undefined;
  useEffect(() => {
    if (!draft || !job || sessionStorage.getItem(APPLIED) === job.id) return;
    const before = { desk: desk.value, by: drafted.value };
    api.get("/v1/desks/drafts/{draft}", { path: { draft } }).then(
      (found) => {
        sessionStorage.setItem(APPLIED, job.id);
        if (Object.keys(found.desk.strips ?? {}).join() !== inputs.value.map((one) => one.name).join()) return;
        put(found.desk, { id: found.id, moves: found.moves, undone: [], own: [] });
        setTold([...(found.unread.length ? [said.unread(found.unread.join(", "))] : []), ...(found.heard ? [] : [said.unheard])]);
        say(said.wasSet, { action: { label: words.undo, run: () => put(before.desk, before.by) } });
      },
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  }, [draft]);
  const begin = (event: Event): void => {
    event.preventDefault();
    setTrouble(null);
    setTold([]);
    const base = keeps ? desk.value : { ...EMPTY, title: "Automatic" };
    submit("desk", { inputs: inputs.value.map(({ source, name }) => ({ source, name })), desk: { ...base, moves: [] }, prompt: prompt.trim(), ...(like ? { like } : {}) }, crypto.randomUUID()).then(
      (made) => ask({ draft: made.id }),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  const runs = job && !["succeeded", "cancelled"].includes(job.state);
  return (
    <section class="panel stack" id="automatic">
      <h2>{said.auto}</h2>
      <p class="soft">{said.autoWhat}</p>
      <form class="stack" onSubmit={begin}>
        <label class="field">
          <span>{said.prompt}</span>
          <input type="text" value={prompt} maxLength={2000} placeholder={said.promptHint} onInput={(event) => setPrompt(event.currentTarget.value)} />
        </label>
        <Like song={like} onChoose={setLike} />
        <label class="check"><input type="checkbox" checked={keeps} onChange={(event) => setKeeps(event.currentTarget.checked)} />{said.keepEffects}</label>
        <div class="row"><button type="submit" class="button">{said.setIt}</button></div>
      </form>
      {trouble && <Failure trouble={trouble} />}
      {runs && <JobCard job={job} />}
      {told.map((one) => <p key={one} class="small" role="status">{one}</p>)}
      <Moves />
    </section>
  );
}

function Moves() {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const known = drafted.value;
  const told = known ? known.moves.map((one) => one.sentence) : (desk.value.moves ?? []);
  const shown = told.map((sentence, place) => ({ sentence, place })).filter(({ sentence }) => !known?.own.includes(partOf(sentence)));
  if (!shown.length) return null;
  const toggle = (place: number): void => {
    setTrouble(null);
    toggleMove(place).catch((error: unknown) => setTrouble(asTrouble(error)));
  };
  return (
    <div class="stack">
      <h3>{said.moves}</h3>
      <ol class="moves">
        {shown.map(({ sentence, place }) => {
          const undone = known?.undone.includes(place) ?? false;
          const text = sentence.slice(partOf(sentence).length + 1);
          return (
            <li key={sentence} class={undone ? "undone" : ""}>
              <span class="grow"><strong>{partOf(sentence)}</strong>{typeset(text)}</span>
              {known?.moves[place]!.undoable && (
                <button type="button" class="button quiet small" aria-label={(undone ? said.doAgainOf : said.undoOf)(sentence)} onClick={() => toggle(place)}>{undone ? said.doAgain : words.undo}</button>
              )}
            </li>
          );
        })}
      </ol>
      {trouble && <Failure trouble={trouble} />}
      <p class="faint small">{known ? said.moveWhat : said.movesKept}</p>
    </div>
  );
}
