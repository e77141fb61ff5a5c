/// A brief: what is understood of it while it is written, its plan as cards to change, on which terms, and the start.
import { useEffect, useState } from "preact/hooks";
import { api, Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Failure } from "../../parts/states";
import { go } from "../../router";
import { say } from "../../state/toasts";
import { span } from "../../strings";
import { said } from "../../strings/albums";
import { Cards } from "./cards";
import { Like } from "./like";
import { type LikeSong, type Readings, useReadings } from "./readings";
import { askOf, budgetOf, type Draft, FRESH, keepDraft, type Plan, readDraft } from "./store";
import { Terms } from "./terms";

const WAIT_MS = 500;

export function Brief() {
  const [draft, setDraft] = useState<Draft>(readDraft);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [sending, setSending] = useState(false);
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [moving, setMoving] = useState(0);
  const [coming, setComing] = useState(0);
  const readings = useReadings(draft.songs);
  const read = useReading(draft, readings.usable);
  const unread = coming > 0 || Boolean(readings.now);
  const set = (change: Partial<Draft>): void => {
    setDraft((old) => ({ ...old, ...change }));
    setTrouble(null);
  };
  useEffect(() => keepDraft(draft), [draft]);
  const plan = (event?: Event): void => {
    event?.preventDefault();
    if (!draft.brief.trim() || sending || unread) return;
    setSending(true);
    setTrouble(null);
    const songs = readings.usable;
    api.post("/v1/albums/plan", { body: askOf(draft, songs) }).then(
      (found) => (set({ plan: found.plan }), setKey(crypto.randomUUID())),
      (error: unknown) => setTrouble(tellAtSongs(asTrouble(error), songs, readings)),
    ).finally(() => setSending(false));
  };
  const start = (): void => {
    if (!draft.plan || sending || moving) return;
    setSending(true);
    setTrouble(null);
    const body = { plan: draft.plan as unknown as Record<string, unknown>, autonomy: draft.autonomy, budget: budgetOf(draft.minutes, draft.takes) };
    api.post("/v1/albums", { body: body as never, key }).then(
      (found) => {
        setDraft({ ...FRESH, artist: draft.artist });
        keepDraft({ ...FRESH, artist: draft.artist });
        say(said.started(found.title));
        go(`/albums/${found.id}`);
      },
      (error: unknown) => (setTrouble(asTrouble(error)), setSending(false)),
    );
  };
  const limits = budgetOf(draft.minutes, draft.takes);
  const budget = [limits.seconds && `${limits.seconds / 60}m`, limits.takes && `${limits.takes} takes`].filter(Boolean).join(", ");
  const given = (name: string, value: string | number, usual: string | number): string[] => (value === usual ? [] : [`--${name}`, String(value)]);
  const named = readings.usable.map((one) => (one.id.startsWith("b2:") ? one.name : one.id));
  const command = [
    "twin", "produce", draft.brief, ...given("title", draft.title.trim(), ""), ...given("artist", draft.artist.trim(), ""), ...given("seed", draft.seed, FRESH.seed), ...given("candidates", draft.candidates, FRESH.candidates),
    ...given("variant", draft.variant, FRESH.variant), ...(named.length ? ["--like", ...named] : []), "--autonomy", draft.autonomy, ...given("budget", budget, ""), "-o", "album",
  ];
  return (
    <>
      <form class="brief stack" noValidate onSubmit={plan}>
        <h1><label for="album-brief">{said.title}</label></h1>
        <p class="soft">{said.what}</p>
        <div class="line">
          <textarea id="album-brief" rows={2} maxLength={4000} placeholder={said.example} value={draft.brief} aria-describedby="album-words"
            onKeyDown={(event) => event.key === "Enter" && !event.shiftKey && plan(event)} onInput={(event) => set({ brief: event.currentTarget.value })} />
          <button type="submit" class={`button${draft.plan ? "" : " main"}`} disabled={!draft.brief.trim() || sending || unread}>{unread ? said.like.first : sending && !draft.plan ? said.planning : draft.plan ? said.planAgain : said.makePlan}</button>
        </div>
        <Understood plan={draft.brief.trim() ? read.plan : null} trouble={draft.brief.trim() ? read.trouble : null} songs={draft.songs.length > 0} />
        <Like songs={draft.songs} readings={readings} onChange={(change) => setDraft((old) => ({ ...old, songs: change(old.songs) }))} onComing={(by) => setComing((old) => old + by)} />
        <More draft={draft} onChange={set} />
      </form>
      {draft.plan && (
        <section class="stack" aria-label={said.plan}>
          <Cards key={key} plan={draft.plan} trouble={trouble} onChange={(changed) => set({ plan: changed })} onMoving={(by) => setMoving((old) => old + by)} />
          <div class="panel stack">
            <Terms autonomy={draft.autonomy} minutes={draft.minutes} takes={draft.takes} onChange={set} />
            <div class="row">
              <button type="button" class="button main" disabled={sending || moving > 0} onClick={start}>{sending ? said.starting : said.start}</button>
              <span class="grow" />
              <CopyCommand worded command={command} />
            </div>
          </div>
        </section>
      )}
      {trouble && <Failure trouble={trouble} />}
    </>
  );
}

/** What is wrong with a song is told at the song; what is left of it is null, else it is `trouble`. */
function tellAtSongs(trouble: Trouble, songs: readonly LikeSong[], readings: Readings): Trouble | null {
  const faults = trouble.errors.map((one) => ({ song: songs[Number(one.pointer.match(/^\/like\/(\d+)/)?.[1] ?? NaN)], detail: one.detail }));
  for (const { song, detail } of faults) if (song) readings.fail(song, new Trouble(trouble.status, detail, trouble.remedy));
  return faults.length && faults.every((one) => one.song) ? null : trouble;
}

/** What the planner makes of the brief and of the songs that were read, a moment after it was typed. */
function useReading(draft: Draft, songs: readonly LikeSong[]): { plan: Plan | null; trouble: Trouble | null } {
  const [found, setFound] = useState<{ plan: Plan | null; trouble: Trouble | null }>({ plan: null, trouble: null });
  const body = askOf(draft, songs);
  useEffect(() => {
    if (!draft.brief.trim()) return setFound({ plan: null, trouble: null });
    const control = new AbortController();
    const timer = setTimeout(() => {
      api.post("/v1/albums/plan", { body, signal: control.signal }).then(
        ({ plan }) => setFound({ plan, trouble: null }),
        (error: unknown) => control.signal.aborted || setFound({ plan: null, trouble: asTrouble(error) }),
      );
    }, WAIT_MS);
    return () => (clearTimeout(timer), control.abort());
  }, [JSON.stringify(body)]);
  return found;
}

function Understood({ plan, trouble, songs }: { plan: Plan | null; trouble: Trouble | null; songs: boolean }) {
  if (!plan) return <p id="album-words" class="soft" aria-live="polite">{trouble ? [trouble.detail, trouble.remedy].filter(Boolean).join(": ") : songs ? said.like.needsBrief : said.hint}</p>;
  const tracks = plan.tracks.length;
  return (
    <div id="album-words" class="stack words" aria-live="polite">
      <ul class="chips" aria-label={said.understood}>
        {(plan.understood ?? []).map((one) => <li key={one.words} class="chip known">{said.meaning(one.words, one.meaning)}</li>)}
        {(plan.unknown ?? []).map((one) => <li key={one} class="chip unknown">{said.unknown(one)}</li>)}
      </ul>
      {(plan.cannot ?? []).length > 0 && <div class="lacks"><strong class="small">{said.cannot}</strong><ul>{plan.cannot!.map((one) => <li key={one} class="small">{one}</li>)}</ul></div>}
      <p class="soft small">{[said.planHead(plan.title, plan.kind ?? "EP", tracks, span(total(plan)), takesOf(plan)), ...(plan.notes ?? [])].join(" · ")}</p>
    </div>
  );
}

export const total = (plan: Plan): number => plan.tracks.reduce((sum, one) => sum + one.seconds, 0);
export const takesOf = (plan: Plan): number => plan.tracks.reduce((sum, one) => sum + one.seeds.length, 0);

function More({ draft, onChange }: { draft: Draft; onChange: (change: Partial<Draft>) => void }) {
  const variants = useLoad("variants", (signal) => api.get("/v1/variants", { query: { limit: 100 }, signal }));
  const names = (variants.data?.items ?? []).filter((one) => one.present && one.name !== "tiny").map((one) => one.name);
  const number = (label: string, name: "candidates" | "seed", low: number, high: number) => (
    <label class="field"><span>{label}</span><input type="number" min={low} max={high} value={draft[name]} onInput={(event) => onChange({ [name]: Math.min(high, Math.max(low, Math.floor(Number(event.currentTarget.value)) || low)) })} /></label>
  );
  return (
    <details class="fold">
      <summary>{said.options}</summary>
      <div class="fields">
        <label class="field"><span>{said.albumTitle}</span><input type="text" maxLength={200} placeholder={said.drawn} value={draft.title} onInput={(event) => onChange({ title: event.currentTarget.value })} /></label>
        <label class="field"><span>{said.artist}</span><input type="text" maxLength={200} placeholder="Producer Twin" value={draft.artist} onInput={(event) => onChange({ artist: event.currentTarget.value })} /></label>
        {number(said.candidates, "candidates", 1, 16)}
        {number(said.seed, "seed", 0, 2 ** 31 - 1)}
        <label class="field"><span>{said.variant}</span><select value={draft.variant} onChange={(event) => onChange({ variant: event.currentTarget.value })}>{[...new Set(["nano", draft.variant, ...names])].map((one) => <option key={one} value={one}>{one}</option>)}</select></label>
      </div>
    </details>
  );
}
