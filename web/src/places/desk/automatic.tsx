/// The rules set the desk: what is said to them, their job, and the sentences that say why.
import { useEffect, useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";
import { Failure } from "../../parts/states";
import { ask, query } from "../../router";
import { findJob, submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { words } from "../../strings";
import { said } from "../../strings/desk";
import { JobCard } from "../jobs/card";
import { type Song, Like } from "./like";
import { desk, EMPTY, inputs, put } from "./store";

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
    const before = desk.value;
    api.get("/v1/desks/drafts/{draft}", { path: { draft } }).then(
      (found) => {
        sessionStorage.setItem(APPLIED, job.id);
        if (Object.keys(found.desk.strips ?? {}).join() !== inputs.value.map((one) => one.name).join()) return;
        put(found.desk);
        setTold([...(found.unread.length ? [said.unread(found.unread.join(", "))] : []), ...(found.heard ? [] : [said.unheard])]);
        say(said.wasSet, { action: { label: words.undo, run: () => put(before) } });
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
  const moves = desk.value.moves ?? [];
  if (!moves.length) return null;
  return (
    <div class="stack">
      <h3>{said.moves}</h3>
      <ol class="moves">
        {moves.map((one) => {
          const [part = "", ...rest] = one.split(":");
          return <li key={one}><strong>{part}</strong>{rest.join(":")}</li>;
        })}
      </ol>
      <p class="faint small">{said.moveWhat}</p>
    </div>
  );
}
