/// A plan as cards, one a track, to be changed, put into another order, or left out; the server checks it while it is edited.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";
import { Icon } from "../../parts/icons";
import { clock, span, typeset } from "../../strings";
import { said } from "../../strings/albums";
import { takesOf, total } from "./brief";
import { KeyField } from "./key";
import { Follows } from "./like";
import type { Reference } from "./readings";
import { type Plan, songOf, type TrackPlan } from "./store";

const WAIT_MS = 400;
const METERS = [2, 3, 4, 6];

interface Properties {
  plan: Plan;
  trouble: Trouble | null;
  onChange: (plan: Plan) => void;
  /** One more key is being changed (1), or one less (-1): until then chords are not where they will be. */
  onMoving: (by: number) => void;
}

export function Cards({ plan, trouble, onChange, onMoving }: Properties) {
  const found = useCheck(plan);
  const wrong = found ?? trouble;
  const put = (tracks: readonly TrackPlan[]): void => onChange({ ...plan, tracks: tracks as Plan["tracks"] });
  const change = (at: number, track: TrackPlan): void => put(plan.tracks.map((one, i) => (i === at ? track : one)));
  const ids = useRef<number[]>([]); // so that a card keeps its state where it moves
  if (ids.current.length !== plan.tracks.length) ids.current = plan.tracks.map((_, at) => at);
  const swap = <T,>(list: readonly T[], at: number, other: number): T[] => list.map((one, i) => (i === at ? list[other]! : i === other ? list[at]! : one));
  const move = (at: number, by: number): void => {
    ids.current = swap(ids.current, at, at + by);
    put(swap(plan.tracks, at, at + by));
  };
  const drop = (at: number): void => {
    ids.current = ids.current.filter((_, i) => i !== at);
    put(plan.tracks.filter((_, i) => i !== at));
  };
  const faults = (at: number) => (wrong?.errors ?? []).filter((one) => one.pointer.replace(/^\/plan/, "").match(`^/tracks/${at}(/|$)`));
  const general = wrong && !plan.tracks.some((_, at) => faults(at).length) ? wrong.detail : "";
  return (
    <section class="stack">
      <header>
        <h2>{plan.title}</h2>
        <p class="soft small">{[said.planHead(plan.title, plan.kind ?? "EP", plan.tracks.length, span(total(plan)), takesOf(plan)).replace(`${plan.title}: `, ""), typeset(said.loudness(plan.loudness ?? -14))].join(" · ")}</p>
      </header>
      {general && <p class="bad-text" role="alert">{general}</p>}
      <ol class="cards">
        {plan.tracks.map((track, at) => (
          <li key={ids.current[at]}>
            <Card track={track} song={songOf(plan, track)} n={at + 1} of={plan.tracks.length} faults={faults(at)} onChange={(changed) => change(at, changed)} onMoving={onMoving} onMove={(by) => move(at, by)} onDrop={() => drop(at)} />
          </li>
        ))}
      </ol>
    </section>
  );

  /** What is wrong with the plan as it is now; lengths that the check finds are taken over. */
  function useCheck(now: Plan): Trouble | null {
    const [bad, setBad] = useState<Trouble | null>(null);
    useEffect(() => {
      const control = new AbortController();
      const timer = setTimeout(() => {
        api.post("/v1/albums/check", { body: now as never, signal: control.signal }).then(
          (checked) => {
            setBad(null);
            if (checked.plan.tracks.some((one, i) => one.seconds !== now.tracks[i]?.seconds)) onChange(checked.plan);
          },
          (error: unknown) => control.signal.aborted || setBad(asTrouble(error)),
        );
      }, WAIT_MS);
      return () => (clearTimeout(timer), control.abort());
    }, [JSON.stringify(now.tracks)]);
    return bad;
  }
}

interface CardProperties {
  track: TrackPlan;
  /** What it follows. */
  song: Reference | undefined;
  n: number;
  of: number;
  faults: readonly { pointer: string; detail: string }[];
  onChange: (track: TrackPlan) => void;
  onMoving: (by: number) => void;
  onMove: (by: number) => void;
  onDrop: () => void;
}

function Card({ track, song, n, of, faults, onChange, onMoving, onMove, onDrop }: CardProperties) {
  return (
    <article class={`panel card${faults.length ? " wrong" : ""}`} aria-label={said.track(n)}>
      <header class="row">
        <span class="n" aria-hidden="true">{n}</span>
        <h3 class="grow cut">{track.title}</h3>
        <button type="button" class="button quiet icon" aria-label={said.earlier(n)} disabled={n === 1} onClick={() => onMove(-1)}><Icon name="up" /></button>
        <button type="button" class="button quiet icon" aria-label={said.later(n)} disabled={n === of} onClick={() => onMove(1)}><Icon name="down" /></button>
        <button type="button" class="button quiet icon" aria-label={said.leaveOut(n)} disabled={of === 1} onClick={onDrop}><Icon name="close" /></button>
      </header>
      <TrackFacts track={track} song={song} />
      {faults.map((one) => <p key={one.pointer} class="bad-text small" role="alert">{one.detail}</p>)}
      <details class="fold">
        <summary>{said.change(n)}</summary>
        <Fields track={track} onChange={onChange} onMoving={onMoving} />
      </details>
    </article>
  );
}

/** A track in words: how it sounds, tempo, key, length, form and chords. */
export function TrackFacts({ track, song, captioned = true }: { track: TrackPlan; song: Reference | undefined; captioned?: boolean }) {
  const { sheet } = track;
  const own = Object.entries(sheet.sections ?? {}).filter(([, part]) => part.chords && part.chords !== sheet.chords);
  return (
    <>
      {song && <Follows song={song} />}
      {captioned && <p class="caption">{sheet.caption}</p>}
      <p class="soft small">{[said.bpm(sheet.bpm), sheet.key, said.beats(sheet.meter ?? 4), clock(track.seconds), said.tried(track.seeds.length)].filter(Boolean).join(" · ")}</p>
      <p class="small chords"><span class="faint">{sheet.form}</span>{sheet.chords && <><br />{sheet.chords}</>}{own.map(([name, part]) => <span key={name}><br /><span class="faint">{name}:</span> {part.chords}</span>)}</p>
    </>
  );
}

function Fields({ track, onChange, onMoving }: { track: TrackPlan; onChange: (track: TrackPlan) => void; onMoving: (by: number) => void }) {
  const { sheet } = track;
  const [seeds, setSeeds] = useState(track.seeds.join(", "));
  const write = (change: Partial<TrackPlan["sheet"]>): void => onChange({ ...track, sheet: { ...sheet, ...change } });
  const retitle = (title: string): void => onChange({ ...track, title, sheet: { ...sheet, title } });
  const reseed = (text: string): void => {
    setSeeds(text);
    onChange({ ...track, seeds: text.split(/[\s,]+/).filter(Boolean).map(Number) as unknown as TrackPlan["seeds"] });
  };
  const text = (name: "caption" | "form" | "chords" | "players", rows: number, most: number) => (
    <label class="field wide"><span>{said.fields[name]}</span><textarea rows={rows} maxLength={most} spellcheck={false} placeholder={name === "players" ? said.own : ""} value={sheet[name] ?? ""} onInput={(event) => write({ [name]: event.currentTarget.value })} /></label>
  );
  return (
    <div class="fields">
      <label class="field wide"><span>{said.fields["title"]}</span><input type="text" maxLength={200} value={track.title} onInput={(event) => retitle(event.currentTarget.value)} /></label>
      {text("caption", 2, 5000)}
      <label class="field"><span>{said.fields["bpm"]}</span><input type="number" min={30} max={300} value={sheet.bpm ?? ""} onInput={(event) => write({ bpm: event.currentTarget.value ? Number(event.currentTarget.value) : null })} /></label>
      <label class="field"><span>{said.fields["meter"]}</span><select value={String(sheet.meter ?? 4)} onChange={(event) => write({ meter: Number(event.currentTarget.value) })}>{METERS.map((one) => <option key={one} value={String(one)}>{one}</option>)}</select></label>
      <KeyField sheet={sheet} onChange={write} onMoving={onMoving} />
      {text("form", 1, 2000)}
      {text("chords", 2, 20_000)}
      {text("players", 1, 2000)}
      <label class="field wide"><span>{said.fields["seeds"]}</span><input type="text" maxLength={400} value={seeds} onInput={(event) => reseed(event.currentTarget.value)} /></label>
    </div>
  );
}
