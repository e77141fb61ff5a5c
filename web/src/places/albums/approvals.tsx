/// What waits for a person: candidates of a track, heard at one clock and equally loud, and calls to allow. All goes on at once.
import { useState } from "preact/hooks";
import { api, type Schemas, type Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";
import { Failure } from "../../parts/states";
import { Icon } from "../../parts/icons";
import * as engine from "../../player/engine";
import { say } from "../../state/toasts";
import { said } from "../../strings/albums";
import { Waveform } from "../../wave/waveform";
import { Follows } from "./like";
import type { Reference } from "./readings";
import { type Detail, songOf } from "./store";

type Candidate = Schemas["AlbumCandidate"];

interface Properties {
  album: Detail;
  again: () => void;
}

async function approve(album: string, calls: readonly string[]): Promise<void> {
  await api.post("/v1/albums/{album}/approvals", { path: { album }, body: { calls } as never });
  say(said.approved);
}

export function Approvals({ album, again }: Properties) {
  const [picked, setPicked] = useState<Record<number, string>>({});
  const [allowed, setAllowed] = useState<ReadonlySet<string>>(new Set());
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [sending, setSending] = useState(false);
  const other = album.proposals.filter((one) => one.action !== "choose");
  const places = [...new Set(album.proposals.filter((one) => one.action === "choose").map((one) => one.track))];
  const calls = [...Object.values(picked), ...allowed];
  const switchCall = (call: string): void => setAllowed((old) => new Set(old.has(call) ? [...old].filter((one) => one !== call) : [...old, call]));
  const send = (): void => {
    setSending(true);
    setTrouble(null);
    engine.pause();
    approve(album.id, calls).then(again, (error: unknown) => setTrouble(asTrouble(error))).finally(() => setSending(false));
  };
  const check = (one: Schemas["ProposedCall"]) => (
    <label key={one.call} class="check"><input type="checkbox" checked={allowed.has(one.call)} onChange={() => switchCall(one.call)} /><span>{said.allowFor(said.allow[one.action] ?? one.action, one.letter, one.track)}</span></label>
  );
  return (
    <section class="panel stack approvals" aria-label={said.waits(album.waiting)}>
      <h2>{said.waits(album.waiting)}</h2>
      {places.length > 0 && <p class="soft">{said.waitsWhat}</p>}
      {places.map((n) => (
        <div key={n} class="stack choice">
          <Candidates n={n} title={album.plan.tracks[n - 1]!.title} song={songOf(album.plan, album.plan.tracks[n - 1]!)} candidates={album.made[n - 1]!.candidates} picked={picked[n] ?? ""} onPick={(call) => setPicked((old) => ({ ...old, [n]: call }))} />
          {other.filter((one) => one.track === n).map(check)}
        </div>
      ))}
      <div class="allow">{other.filter((one) => !places.includes(one.track)).map(check)}</div>
      {trouble && <Failure trouble={trouble} />}
      <div class="row">
        <button type="button" class="button main" disabled={!calls.length || sending} onClick={send}>{calls.length ? said.approve(calls.length) : said.approveNone}</button>
        {other.length > 1 && <button type="button" class="button quiet" onClick={() => setAllowed(new Set(other.map((one) => one.call)))}>{said.everything}</button>}
      </div>
    </section>
  );
}

/** Another candidate in the place of the one that was taken. */
export function Other({ album, at, busy, again }: Properties & { at: number; busy: boolean }) {
  const [open, setOpen] = useState(false);
  const [picked, setPicked] = useState("");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const made = album.made[at]!.candidates;
  const send = (): void => {
    setTrouble(null);
    engine.pause();
    approve(album.id, [picked]).then(again, (error: unknown) => setTrouble(asTrouble(error)));
  };
  return (
    <details class="fold" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{said.others(made.length)}</summary>
      {open && <Candidates n={at + 1} title={album.plan.tracks[at]!.title} song={songOf(album.plan, album.plan.tracks[at]!)} candidates={made} picked={picked || made.find((one) => one.chosen)!.call} onPick={setPicked} />}
      {trouble && <Failure trouble={trouble} />}
      {picked && !busy && <div class="row"><button type="button" class="button" onClick={send}>{said.other}</button></div>}
    </details>
  );
}

const soundOf = (one: Candidate, title: string): engine.Sound => ({
  key: `take:${one.take}`, title: `${title} ${one.letter}`, url: `/v1/takes/${one.take}/audio`, peaks: `/v1/takes/${one.take}/peaks`,
  seconds: one.seconds, lufs: null, bar: null, place: `/takes/${one.take}`, gain: one.gain,
});

interface CandidatesProperties {
  n: number;
  title: string;
  /** What the track follows. */
  song: Reference | undefined;
  candidates: readonly Candidate[];
  picked: string;
  onPick: (call: string) => void;
}

function Candidates({ n, title, song, candidates, picked, onPick }: CandidatesProperties) {
  const sounds = candidates.map((one) => soundOf(one, title));
  const now = engine.sound.value?.key ?? "";
  const hear = (sound: engine.Sound): void => {
    const other = sounds.find((one) => one.key === now);
    if (now === sound.key || !other) return engine.toggle(sound);
    void engine.playTogether({ a: other, b: sound, x: null }, "b", () => engine.position.value);
  };
  return (
    <fieldset class="candidates">
      <legend>{said.chooseFor(n, title)}</legend>
      {song && <Follows song={song} held />}
      {candidates.map((one, at) => {
        const sound = sounds[at]!;
        const mine = now === sound.key;
        const plays = mine && engine.playing.value;
        return (
          <div key={one.take} class={`candidate${picked === one.call ? " picked" : ""}`}>
            <button type="button" class="button icon round" aria-label={(plays ? said.pause : said.hear)(one.letter, n)} onClick={() => hear(sound)}><Icon name={plays ? "pause" : "play"} /></button>
            <label class="check"><input type="radio" name={`choice-${n}`} checked={picked === one.call} onChange={() => onPick(one.call)} /><span>{said.choose(one.letter)}</span></label>
            <Waveform peaks={sound.peaks} seconds={one.seconds} height={36} played={mine ? engine.position.value : 0} label={said.waveform(one.letter, n)} onSeek={(to) => (mine ? engine.seek(to) : void engine.play(sound, to))} />
            <span class="small why">
              <strong>{said.points(one.points)}</strong>{one.chosen ? ` · ${said.chosen}` : at === 0 ? ` · ${said.best}` : ""}
              <br /><span class="soft">{[one.why, one.mended].filter(Boolean).join(" · ")}</span>
            </span>
          </div>
        );
      })}
    </fieldset>
  );
}
