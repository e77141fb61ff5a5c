/// Blind listening in the page: pairs of twin and plain instrument with the same words and seed, heard without names, and a result with its interval.
import { useEffect, useState } from "preact/hooks";
import { api, type Take, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { Icon } from "../../parts/icons";
import { Failure, Ghost } from "../../parts/states";
import * as engine from "../../player/engine";
import { soundOf } from "../../player/sounds";
import { findJob, isOver, share, submit } from "../../state/jobs";
import { said } from "../../strings/producers";

interface Test {
  jobs: { base: string; twin: string };
  /** Of each pair, whether the twin is heard first. */
  order: readonly boolean[];
  /** Of each answered pair, whether the twin was chosen. */
  answers: readonly boolean[];
}
const Z = 1.96;
const PAIRS = 8;
const MOST = 16;
const MOST_SEED = 2 ** 31 - MOST;
const keyOf = (producer: string): string => `twin.blind.${producer}`;

/** Wilson's interval of a share, at 95 %. */
export function wilson(right: number, all: number): [number, number] {
  const p = right / all;
  const middle = (p + (Z * Z) / (2 * all)) / (1 + (Z * Z) / all);
  const half = (Z * Math.sqrt((p * (1 - p)) / all + (Z * Z) / (4 * all * all))) / (1 + (Z * Z) / all);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

function kept(producer: string): Test | null {
  try {
    return JSON.parse(localStorage.getItem(keyOf(producer)) ?? "null") as Test | null;
  } catch {
    return null;
  }
}

export function Blind({ producer }: { producer: string }) {
  const [test, setTest] = useState(() => kept(producer));
  const keep = (to: Test | null): void => {
    setTest(to);
    if (to) localStorage.setItem(keyOf(producer), JSON.stringify(to));
    else localStorage.removeItem(keyOf(producer));
  };
  return (
    <div class="producers stack">
      <p><a href="/producers">{said.back}</a></p>
      <h1>{said.blind}</h1>
      {test ? <Running producer={producer} test={test} keep={keep} /> : <Begin producer={producer} keep={keep} />}
    </div>
  );
}

function Begin({ producer, keep }: { producer: string; keep: (test: Test) => void }) {
  const [caption, setCaption] = useState("");
  const [pairs, setPairs] = useState(PAIRS);
  const [seconds, setSeconds] = useState(10);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const about = useLoad(`producer${producer}`, (signal) => api.get("/v1/producers/{producer}", { path: { producer }, signal }));
  const variant = (about.data?.adapter as { card?: Record<string, string> } | null)?.card?.["variant"] ?? "nano";
  const begin = async (event: Event): Promise<void> => {
    event.preventDefault();
    setTrouble(null);
    const random = crypto.getRandomValues(new Uint32Array(1 + pairs));
    const play = { variant, seed: random[0]! % MOST_SEED, batch: pairs };
    const asked = { kind: "generate", prompt: { caption }, seconds };
    try {
      const twin = await submit("make", { plan: { ...asked, play: { ...play, adapters: [{ folder: producer }] } } }, crypto.randomUUID());
      const base = await submit("make", { plan: { ...asked, play } }, crypto.randomUUID());
      keep({ jobs: { base: base.id, twin: twin.id }, order: [...random.slice(1)].map((one) => one % 2 === 0), answers: [] });
    } catch (error) {
      setTrouble(asTrouble(error));
    }
  };
  if (about.error) return <Failure trouble={about.error} again={about.again} />;
  if (about.data && !about.data.twin) return <p class="soft">{said.needTwin}</p>;
  return (
    <form class="panel stack blind" onSubmit={(event) => void begin(event)}>
      <p>{said.blindWhat}</p>
      <p class="soft">{said.blindNeeds}</p>
      <label class="field">
        <span>{said.words}</span>
        <textarea required rows={2} value={caption} placeholder={said.wordsHint} onInput={(event) => setCaption(event.currentTarget.value)} />
      </label>
      <div class="fields">
        <label class="field" title={said.pairsWhat}><span>{said.pairs}</span><input type="number" min={4} max={MOST} value={pairs} onInput={(event) => setPairs(Number(event.currentTarget.value))} /></label>
        <label class="field"><span>{said.seconds}, s</span><input type="number" min={2} max={60} value={seconds} onInput={(event) => setSeconds(Number(event.currentTarget.value))} /></label>
      </div>
      <p class="faint small">{said.pairsWhat}</p>
      {trouble && <Failure trouble={trouble} />}
      <div class="row"><button type="submit" class="button main" disabled={!caption.trim() || pairs < 4 || pairs > MOST}>{said.makePairs}</button></div>
    </form>
  );
}

function Running({ producer, test, keep }: { producer: string; test: Test; keep: (test: Test | null) => void }) {
  const states = [test.jobs.base, test.jobs.twin].map((id) => findJob(id)?.state ?? "");
  const found = useLoad(`blind${test.jobs.base}${states.join()}`, (signal) => Promise.all([test.jobs.base, test.jobs.twin].map((job) => api.get("/v1/jobs/{job}", { path: { job }, signal }))));
  const done = found.data?.every((job) => job.state === "succeeded");
  const takes = useLoad(`blindtakes${done}${test.jobs.base}`, async (signal) => (done ? Promise.all(found.data!.map((job) => Promise.all(job.takes.map(async (take) => (await api.get("/v1/takes/{take}", { path: { take }, signal })).take)))) : null));
  if (found.error && !found.data) return <><Failure trouble={found.error} again={found.again} /><Anew keep={keep} /></>;
  if (!found.data) return <Ghost height={240} />;
  const failed = found.data.find((job) => job.state === "failed" || job.state === "cancelled");
  if (failed) return <section class="error"><strong>{failed.error?.message ?? said.missing}</strong><p>{failed.error?.remedy}</p><Anew keep={keep} /></section>;
  if (!done) {
    const parts = [test.jobs.base, test.jobs.twin].map((id) => findJob(id)).map((job) => (job ? (isOver(job) ? 1 : (share(job) ?? 0)) : 0));
    return (
      <section class="panel stack blind" role="status">
        <p>{said.making(found.data.reduce((sum, job) => sum + job.takes.length, 0), test.order.length * 2)}</p>
        <div class="bar"><i style={{ transform: `scaleX(${(parts[0]! + parts[1]!) / 2})` }} /></div>
        <p class="soft">{said.blindWhat}</p>
      </section>
    );
  }
  if (takes.error) return <section class="error"><strong>{said.missing}</strong><Anew keep={keep} /></section>;
  if (!takes.data) return <Ghost height={240} />;
  const [base, twin] = takes.data as [Take[], Take[]];
  const all = Math.min(base.length, twin.length, test.order.length);
  if (test.answers.length >= all) return <Result test={test} keep={keep} />;
  const at = test.answers.length;
  const pair = test.order[at] ? [twin[at]!, base[at]!] : [base[at]!, twin[at]!];
  return <Question key={at} producer={producer} pair={pair} at={at} all={all} onAnswer={(first) => keep({ ...test, answers: [...test.answers, first === test.order[at]] })} onBack={at ? () => keep({ ...test, answers: test.answers.slice(0, -1) }) : null} />;
}

const Anew = ({ keep }: { keep: (test: Test | null) => void }) => <div class="row"><button type="button" class="button" onClick={() => keep(null)}>{said.again}</button></div>;

function Question({ producer, pair, at, all, onAnswer, onBack }: { producer: string; pair: Take[]; at: number; all: number; onAnswer: (first: boolean) => void; onBack: (() => void) | null }) {
  const [heard, setHeard] = useState<readonly number[]>([]);
  // No word of what it is, and no link to it, may stand in the player either.
  const sounds = pair.map((take, i) => ({ ...soundOf(take), key: `blind:${at}:${i}`, title: i ? said.second : said.first, place: location.pathname, bar: null }));
  useEffect(() => void (engine.queue.value = sounds), [at]);
  const play = (i: number): void => {
    setHeard([...new Set([...heard, i])]);
    engine.toggle(sounds[i]!);
  };
  const answer = (first: boolean): void => {
    engine.pause();
    onAnswer(first);
  };
  const ready = heard.length === 2;
  return (
    <section class="panel stack blind">
      <p class="soft">{said.question(at + 1, all)}</p>
      <div class="bar"><i style={{ transform: `scaleX(${at / all})` }} /></div>
      <h2>{said.which(producer)}</h2>
      <div class="two">
        {sounds.map((sound, i) => {
          const plays = engine.sound.value?.key === sound.key && engine.playing.value;
          return (
            <div class="stack" key={sound.key}>
              <button type="button" class="button big" aria-pressed={plays} aria-label={plays ? said.stop(sound.title) : said.play(sound.title)} onClick={() => play(i)}>
                <Icon name={plays ? "pause" : "play"} />
                {sound.title}
              </button>
              <button type="button" class="button main" disabled={!ready} onClick={() => answer(i === 0)}>{i ? said.chooseSecond : said.chooseFirst}</button>
            </div>
          );
        })}
      </div>
      <p class="faint small">{ready ? said.keptHere : said.hearBoth}</p>
      {onBack && <div class="row"><button type="button" class="button quiet" onClick={onBack}>{said.undoAnswer}</button></div>}
    </section>
  );
}

function Result({ test, keep }: { test: Test; keep: (test: Test | null) => void }) {
  const right = test.answers.filter(Boolean).length;
  const all = test.answers.length;
  const [low, high] = wilson(right, all);
  const mark = (value: number): string => `${value * 100}%`;
  return (
    <section class="panel stack blind">
      <h2>{said.result(right, all)}</h2>
      <div class="scale" aria-hidden="true">
        <i class="half" />
        <i class="sure" style={{ left: mark(low), width: mark(high - low) }} />
        <i class="point" style={{ left: mark(right / all) }} />
      </div>
      <p class="answer">{low > 0.5 ? said.better : high < 0.5 ? said.worse : said.unsure}</p>
      <p class="soft">{said.interval(low, high)}</p>
      <p class="faint small">{said.keptHere}</p>
      <Anew keep={keep} />
    </section>
  );
}
