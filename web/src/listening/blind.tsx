/// Blind listening: two sides in pairs, prepared and kept by the server, which alone knows what is behind a letter.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api, address, type Schemas, type Trouble } from "../api/client";
import { asTrouble, useLoad } from "../api/load";
import { Empty, Failure, Ghost } from "../parts/states";
import * as engine from "../player/engine";
import { ask, query } from "../router";
import { findJob, isOver, type Job, share, submit } from "../state/jobs";
import { useKeys } from "../state/keys";
import { ago } from "../strings";
import { said as listen } from "../strings/listen";
import { said } from "../strings/producers";
import { Anew, Result } from "./result";
import { HearSides, type Sides } from "./sides";

type Facts = Schemas["ListeningFacts"];
type Question = Facts["question"];
const PAIRS = 8;
const LEAST = 4;
const MOST = 16;
const MOST_SEED = 2 ** 31 - MOST;
const LISTENER = "studio";

/** A test of a producer's twin against the plain instrument. */
export function Blind({ producer }: { producer: string }) {
  return (
    <div class="producers stack">
      <p><a href="/producers">{said.back}</a></p>
      <h1>{said.blindOf(producer)}</h1>
      <Steps title={producer} begin={<Begin producer={producer} />} />
    </div>
  );
}

/** Where it is stands in the address: jobs that make the takes, then the one that prepares the test, then the test. */
export function Steps({ title, begin }: { title: string; begin: ComponentChildren }) {
  const at = query.value;
  const [twin, base, prepare, test] = ["twin", "base", "prepare", "test"].map((name) => at.get(name) ?? "") as [string, string, string, string];
  if (test) return <Hear id={test} key={test} />;
  if (prepare) return <Prepared id={prepare} />;
  return twin && base ? <Made ids={[twin, base]} title={title} /> : <>{begin}</>;
}

/** The plan of a test of so many pairs; hidden trials check the listener. */
export function planOf(title: string, question: Question, pairs: number, seconds: number): Record<string, unknown> {
  return { title, question, trials: pairs, repeats: 1, identical: 1, obvious: 1, seconds, heard: Math.min(3, seconds) };
}

function Begin({ producer }: { producer: string }) {
  const [caption, setCaption] = useState("");
  const [pairs, setPairs] = useState(PAIRS);
  const [seconds, setSeconds] = useState(10);
  const [question, setQuestion] = useState<Question>("abx");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const about = useLoad(`producer${producer}`, (signal) => api.get("/v1/producers/{producer}", { path: { producer }, signal }));
  const variant = (about.data?.adapter as { card?: Record<string, string> } | null)?.card?.["variant"] ?? "nano";
  const begin = async (event: Event): Promise<void> => {
    event.preventDefault();
    setTrouble(null);
    const play = { variant, seed: crypto.getRandomValues(new Uint32Array(1))[0]! % MOST_SEED, batch: pairs };
    const asked = { kind: "generate", prompt: { caption }, seconds };
    try {
      const twin = await submit("make", { plan: { ...asked, play: { ...play, adapters: [{ folder: producer }] } } }, crypto.randomUUID());
      const base = await submit("make", { plan: { ...asked, play } }, crypto.randomUUID());
      ask({ twin: twin.id, base: base.id, question, seconds: String(Math.max(1, seconds - 2)) });
    } catch (error) {
      setTrouble(asTrouble(error));
    }
  };
  if (about.error) return <Failure trouble={about.error} again={about.again} />;
  if (!about.data) return <Ghost height={320} />;
  if (!about.data.twin) return <Empty title={said.needTwin} action={<a class="button main" href={`/tracks/train?producer=${encodeURIComponent(producer)}`}>{said.train}</a>}><p>{said.blindWhat}</p></Empty>;
  const right = pairs >= LEAST && pairs <= MOST;
  return (
    <>
      <form class="panel stack blind" onSubmit={(event) => void begin(event)}>
        <p>{said.blindWhat}</p>
        <fieldset class="choices">
          <legend>{said.ask}</legend>
          {(["abx", "preference"] as const).map((one) => (
            <label key={one} class="check">
              <input type="radio" name="question" checked={question === one} onChange={() => setQuestion(one)} />
              <span>{said.asks[one]} <span class="soft small">{said.asksWhat[one]}</span></span>
            </label>
          ))}
        </fieldset>
        <label class="field">
          <span>{said.words}</span>
          <textarea required rows={2} value={caption} placeholder={said.wordsHint} onInput={(event) => setCaption(event.currentTarget.value)} />
        </label>
        <div class="fields">
          <label class="field"><span>{said.pairs}</span><input type="number" min={LEAST} max={MOST} value={pairs} aria-describedby="pairs-what" onInput={(event) => setPairs(Number(event.currentTarget.value))} /></label>
          <label class="field"><span>{said.seconds}, s</span><input type="number" min={3} max={60} value={seconds} onInput={(event) => setSeconds(Number(event.currentTarget.value))} /></label>
        </div>
        <p class="faint small" id="pairs-what">{said.pairsWhat}</p>
        {trouble && <Failure trouble={trouble} />}
        <div class="row"><button type="submit" class="button main" disabled={!caption.trim() || !right || seconds < 3}>{said.makePairs}</button></div>
      </form>
      <Earlier producer={producer} />
    </>
  );
}

/** Tests that there are of this producer, or of all, to go on with or to look at. */
export function Earlier({ producer = "" }: { producer?: string }) {
  const found = useLoad(`tests${producer}`, (signal) => api.get("/v1/listening", { query: { limit: 100 }, signal }));
  const own = found.data?.items.filter((one) => !producer || one.title === producer) ?? [];
  if (!own.length) return null;
  return (
    <section class="stack blind">
      <h2>{said.earlier}</h2>
      <ul class="panel tests">
        {own.map((one) => (
          <li key={one.id} class="row">
            <a class="grow" href={`?test=${one.id}`}>{producer ? said.asks[one.question] : one.title}</a>
            <span class="soft small">{said.answeredOf(one.answered[LISTENER] ?? 0, one.trials)}</span>
            <span class="faint small">{ago(new Date(one.created))}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function useJobs(ids: readonly string[]) {
  const states = ids.map((id) => findJob(id)?.state ?? "");
  return useLoad(`blind${ids.join()}${states.join()}`, (signal) => Promise.all(ids.map((job) => api.get("/v1/jobs/{job}", { path: { job }, signal }))));
}

function Waits({ jobs, text }: { jobs: readonly Job[]; text: string }) {
  const parts = jobs.map((job) => findJob(job.id) ?? job).map((job) => (isOver(job) ? 1 : (share(job) ?? 0)));
  const part = parts.reduce((sum, one) => sum + one, 0) / parts.length;
  return (
    <section class="panel stack blind" role="status">
      <p>{text}</p>
      <div class="bar"><i style={{ transform: `scaleX(${part})` }} /></div>
      <p class="soft">{said.blindWhat}</p>
    </section>
  );
}

const Failed = ({ job }: { job: Job }) => <section class="error"><strong>{job.error?.message ?? said.missing}</strong><p>{job.error?.remedy}</p><Anew /></section>;
const isLost = (job: Job): boolean => job.state === "failed" || job.state === "cancelled";

/** The takes are made; with the last of them the test is asked for. */
function Made({ ids, title }: { ids: readonly [string, string]; title: string }) {
  const found = useJobs(ids);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const done = found.data?.every((job) => job.state === "succeeded") ?? false;
  useEffect(() => {
    if (!done) return;
    const [twin, base] = found.data!.map((job) => job.takes) as unknown as [readonly string[], readonly string[]];
    const pairs = Math.min(twin.length, base.length);
    const question = (query.value.get("question") ?? "abx") as Question;
    const test = planOf(title, question, pairs, Number(query.value.get("seconds") ?? 8));
    submit("listen", { twin: twin.join(), other: base.join(), test }, `blind-${ids.join("-")}`).then(
      (job) => ask({ prepare: job.id }),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  }, [done]);
  if (trouble) return <><Failure trouble={trouble} /><Anew /></>;
  if (found.error && !found.data) return <><Failure trouble={found.error} again={found.again} /><Anew /></>;
  if (!found.data) return <Ghost height={200} />;
  const lost = found.data.find(isLost);
  return lost ? <Failed job={lost} /> : <Waits jobs={found.data} text={said.making(found.data.reduce((sum, job) => sum + job.takes.length, 0))} />;
}

function Prepared({ id }: { id: string }) {
  const found = useJobs([id]);
  const job = found.data?.[0];
  const test = job?.things.find((one) => one.kind === "test")?.id;
  useEffect(() => {
    if (test) ask({ twin: "", base: "", prepare: "", question: "", seconds: "", test });
  }, [test]);
  if (found.error && !job) return <><Failure trouble={found.error} again={found.again} /><Anew /></>;
  if (!job || test) return <Ghost height={200} />;
  return isLost(job) ? <Failed job={job} /> : <Waits jobs={[job]} text={said.preparing} />;
}

function Hear({ id }: { id: string }) {
  const facts = useLoad(`test${id}`, (signal) => api.get("/v1/listening/{test}", { path: { test: id }, signal }));
  const first = useLoad(`next${id}`, (signal) => api.get("/v1/listening/{test}/next", { path: { test: id }, query: { listener: LISTENER }, signal }));
  const [turn, setTurn] = useState<Schemas["NextTrial"] | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const now = turn ?? first.data;
  if (facts.error ?? first.error) return <><Failure trouble={(facts.error ?? first.error)!} /><Anew /></>;
  if (!facts.data || !now) return <Ghost height={320} />;
  const answer = (side: "a" | "b", seconds: number): void => {
    engine.pause();
    setTrouble(null);
    api.post("/v1/listening/{test}/answers", { path: { test: id }, body: { listener: LISTENER, trial: now.trial!, answer: side, seconds } }).then(setTurn, (error: unknown) => setTrouble(asTrouble(error)));
  };
  return (
    <>
      {now.trial ? <Trial key={now.trial} test={facts.data} turn={now} onAnswer={answer} /> : <Result test={facts.data} />}
      {trouble && <Failure trouble={trouble} />}
    </>
  );
}

function Trial({ test, turn, onAnswer }: { test: Facts; turn: Schemas["NextTrial"]; onAnswer: (side: "a" | "b", seconds: number) => void }) {
  const [ready, setReady] = useState(false);
  const [begun] = useState(() => performance.now());
  // No word of what it is, no link to it and no picture of it may stand in the player either.
  const sides: Sides = Object.fromEntries(test.letters.map((letter): [string, engine.Sound] => [letter, {
    key: `blind:${test.id}:${turn.trial}:${letter}`, title: letter.toUpperCase(), peaks: "", seconds: test.seconds, lufs: null, bar: null, place: location.pathname + location.search,
    url: address("/v1/listening/{test}/trials/{trial}/{letter}/audio", { test: test.id, trial: turn.trial, letter }),
  }]));
  const done = (side: "a" | "b"): void => void (ready && onAnswer(side, (performance.now() - begun) / 1000));
  useKeys((["a", "b"] as const).map((side) => ({ key: `Shift+${side}`, says: said.choose[test.question]!(side.toUpperCase()), run: () => done(side) })));
  return (
    <section class="panel stack blind">
      <p class="soft">{said.question(turn.answered + 1, turn.trials)}</p>
      <div class="bar"><i style={{ transform: `scaleX(${turn.answered / turn.trials})` }} /></div>
      <h2>{said.asks[test.question]}</h2>
      <HearSides sides={sides} need={test.heard} onHeard={() => setReady(true)} />
      <div class="two">
        {(["a", "b"] as const).map((side) => (
          <button key={side} type="button" class="button main" disabled={!ready} onClick={() => done(side)}>{said.choose[test.question]!(side.toUpperCase())}</button>
        ))}
      </div>
      <p class="faint small">{ready ? said.keptThere : said.hearAll(test.heard)} <span class="not-phone">{listen.keysBlind(test.letters.length > 2)}</span></p>
    </section>
  );
}
