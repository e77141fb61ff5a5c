/// The queue of undecided pairs: hear both, decide or skip, and the next one is there. Takes that were kept as latents are decoded by
/// a job, some pairs ahead of the one that is heard.
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { api, type Schemas, Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Empty, Failure, Ghost } from "../../parts/states";
import * as engine from "../../player/engine";
import { findJob, isOver, submit } from "../../state/jobs";
import { useKeys } from "../../state/keys";
import { say } from "../../state/toasts";
import { bringAhead, HearSides, type Sides } from "../../listening/sides";
import { said } from "../../strings/listen";
import { give, waiting } from "../../verdicts/outbox";
import { Waiting } from "../../verdicts/panel";
import { OfSet } from "./sets";

type Pair = Schemas["UndecidedFacts"];
const AHEAD = 4;
const NEED = 3;
/** Pairs that were passed over in this visit, as A.B; they come again when nothing else is left. */
const skipped = signal<readonly string[]>([]);
/** Pairs that were decided here, which the studio may not know yet. */
const decided = signal<ReadonlySet<string>>(new Set());

const nameOf = (pair: Pair): string => `${pair.a.take}.${pair.b.take}`;

export function Pairs() {
  return <OfSet draw={(set) => <Queue key={set} set={set} />} />;
}

function Queue({ set }: { set: string }) {
  const found = useLoad(`queue${set}.${skipped.value.length}`, (signal) =>
    api.get("/v1/pairs/{key}/undecided", { path: { key: set }, query: { limit: AHEAD + decided.value.size, skip: [...skipped.value] }, signal }));
  const [kept, setKept] = useState(found.data);
  if (found.data && found.data !== kept) setKept(found.data);
  const queue = found.data ?? kept;
  const left = queue?.pairs.filter((pair) => !decided.value.has(nameOf(pair))) ?? [];
  const trouble = useDecoded(left, found.again);
  useEffect(() => {
    if (queue && left.length < AHEAD / 2 && queue.left > left.length) found.again();
  }, [left.length, waiting.value.length]);
  if (found.error && !queue) return <Failure trouble={found.error} again={found.again} />;
  if (!queue) return <Ghost height={420} />;
  const [here, next] = left;
  const fresh = [...decided.value].filter((name) => queue.pairs.some((pair) => nameOf(pair) === name)).length;
  return (
    <>
      <p class="soft" role="status">{said.left(queue.left - fresh, queue.decided + fresh)}</p>
      <Waiting />
      {!here ? <Done decided={queue.decided + fresh} /> : here.a.gain !== null && here.b.gain !== null ? <Decide key={nameOf(here)} pair={here} next={next} /> : trouble ? <Failure trouble={trouble} again={found.again} /> : (
        <section class="panel stack pair" role="status"><p>{said.decoding}</p><Ghost height={200} /></section>
      )}
    </>
  );
}

/** Have the sounds of the next pairs made, and look again when they are there; what went wrong, if something did. */
function useDecoded(left: readonly Pair[], again: () => void): Trouble | null {
  const [job, setJob] = useState("");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const silent = left.slice(0, AHEAD).flatMap((pair) => [pair.a, pair.b]).filter((side) => !side.heard).map((side) => side.take);
  const mine = findJob(job);
  const running = job !== "" && !(mine && isOver(mine));
  useEffect(() => {
    if (!silent.length || running || trouble) return;
    submit("decode", { takes: silent }, `decode-${silent.join("-")}`.slice(0, 200)).then((made) => setJob(made.id), (error: unknown) => setTrouble(asTrouble(error)));
  }, [silent.join(), running]);
  const state = mine?.state;
  const done = mine?.progress?.done ?? 0;
  useEffect(() => {
    if (done || state === "succeeded") again();
  }, [state, done]);
  if (trouble || state !== "failed") return trouble;
  return new Trouble(0, mine?.error?.message ?? said.decodeFailed, mine?.error?.remedy ?? "");
}

function sidesOf(pair: Pair): Sides {
  const sound = (letter: "a" | "b"): engine.Sound => ({
    key: `pair:${pair[letter].take}`, title: letter.toUpperCase(), url: `/v1/takes/${pair[letter].take}/audio`, peaks: "", seconds: pair[letter].seconds, lufs: null, bar: null, place: location.pathname + location.search, gain: pair[letter].gain ?? 0,
  });
  return { a: sound("a"), b: sound("b") };
}

function Decide({ pair, next }: { pair: Pair; next: Pair | undefined }) {
  const [ready, setReady] = useState(false);
  const sides = sidesOf(pair);
  useEffect(() => {
    if (next && next.a.heard && next.b.heard) bringAhead(sidesOf(next));
  }, [next && nameOf(next), next?.a.heard, next?.b.heard]);
  const decide = (choice: "a" | "b" | "tie"): void => {
    if (!ready) return;
    engine.pause();
    decided.value = new Set([...decided.value, nameOf(pair)]);
    give({ kind: "preference", a: pair.a.take, b: pair.b.take, choice });
    say(said.decided);
  };
  const skip = (): void => {
    engine.pause();
    skipped.value = [...skipped.value, nameOf(pair)];
  };
  useKeys([
    { key: "Shift+a", says: said.better("A"), run: () => decide("a") },
    { key: "Shift+b", says: said.better("B"), run: () => decide("b") },
    { key: "n", says: said.neither, run: () => decide("tie") },
    { key: "s", says: said.skip, run: skip },
  ]);
  return (
    <section class="panel stack pair">
      <header class="row">
        <div class="grow">
          <h2>{pair.prompt.caption}</h2>
          <p class="soft">{said.facts(pair.prompt.metas?.bpm ?? null, pair.prompt.metas?.key ?? null)}</p>
        </div>
        <span class="chip">{pair.why === "dispute" ? said.dispute : said.alike}</span>
        <CopyCommand command={["twin", "prefer", pair.a.take, pair.b.take]} />
      </header>
      <p class="soft small">{said.what}</p>
      <HearSides sides={sides} need={NEED} onHeard={() => setReady(true)} />
      <div class="decide">
        {(["a", "b"] as const).map((side) => <button key={side} type="button" class="button main" disabled={!ready} onClick={() => decide(side)}>{said.better(side.toUpperCase())}</button>)}
        <button type="button" class="button" disabled={!ready} onClick={() => decide("tie")}>{said.neither}</button>
        <button type="button" class="button quiet" onClick={skip}>{said.skip}</button>
      </div>
      <p class="faint small">{!ready && said.hearBoth(NEED)} <span class="not-phone">{said.keys}</span></p>
    </section>
  );
}

function Done({ decided }: { decided: number }) {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const collect = (): void => {
    setTrouble(null);
    api.post("/v1/pairs/collect", { body: { source: "human", every: false } }).then((made) => say(said.collected(made.pairs)), (error: unknown) => setTrouble(asTrouble(error)));
  };
  if (skipped.value.length) {
    return <Empty title={said.skippedAll} action={<button type="button" class="button main" onClick={() => (skipped.value = [])}>{said.again}</button>} />;
  }
  return (
    <>
      <Empty title={said.allDone} action={<button type="button" class="button main" disabled={!decided} onClick={collect}>{said.collect}</button>}>
        <p>{said.allDoneWhat(decided)}</p>
      </Empty>
      {trouble && <Failure trouble={trouble} />}
    </>
  );
}
