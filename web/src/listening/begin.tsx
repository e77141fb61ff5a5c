/// The beginning of a blind test of any two sides: two takes, or two instruments with or without a twin.
import { useState } from "preact/hooks";
import { api, type Trouble } from "../api/client";
import { asTrouble, useLoad } from "../api/load";
import { nameOf, noteLabels } from "../api/takes";
import { Failure, Ghost } from "../parts/states";
import { ask, query } from "../router";
import { submit } from "../state/jobs";
import { said } from "../strings/listen";
import { said as producers } from "../strings/producers";
import { planOf } from "./blind";

type Question = "abx" | "preference";
interface Side {
  variant: string;
  twin: string;
}
const TIMES = 6;
const SECONDS = 10;
const NEWEST = 50;
const MOST_SEED = 2 ** 31 - 16;

export function BeginTest() {
  const takes = query.value.get("between") !== "instruments";
  const [question, setQuestion] = useState<Question>("preference");
  const choose = (name: "takes" | "instruments") => (
    <label class="check">
      <input type="radio" name="between" checked={takes === (name === "takes")} onChange={() => ask({ between: name })} />
      <span>{said.two[name]} <span class="soft small">{said.twoWhat[name]}</span></span>
    </label>
  );
  return (
    <section class="panel stack blind">
      <p>{said.blindWhat}</p>
      <fieldset class="choices">
        <legend>{said.between}</legend>
        {choose("takes")}
        {choose("instruments")}
      </fieldset>
      <fieldset class="choices">
        <legend>{producers.ask}</legend>
        {(["preference", "abx"] as const).map((one) => (
          <label key={one} class="check">
            <input type="radio" name="question" checked={question === one} onChange={() => setQuestion(one)} />
            <span>{producers.asks[one]}</span>
          </label>
        ))}
      </fieldset>
      {takes ? <Takes question={question} /> : <Instruments question={question} />}
    </section>
  );
}

function Takes({ question }: { question: Question }) {
  const [ids, setIds] = useState<[string, string]>([query.value.get("first") ?? "", query.value.get("second") ?? ""]);
  const [times, setTimes] = useState(TIMES);
  const newest = useLoad("newest-takes", (signal) => api.get("/v1/takes", { query: { limit: NEWEST }, signal }));
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const begin = async (event: Event): Promise<void> => {
    event.preventDefault();
    setTrouble(null);
    try {
      const both = await Promise.all(ids.map((take) => api.get("/v1/takes/{take}", { path: { take: take.trim() } })));
      for (const one of both) noteLabels([one.take], { [one.take.id]: one.labels });
      const [one, other] = both.map((found) => found.take) as [(typeof both)[0]["take"], (typeof both)[0]["take"]];
      const [a, b] = [one, other].map((take) => `${nameOf(take).slice(0, 40)} (${take.id.slice(0, 4)})`) as [string, string];
      const seconds = Math.max(1, Math.floor(Math.min(one.seconds, other.seconds, 30) - 2));
      const test = { ...planOf(`${a}${said.against}${b}`, question, 1, seconds), times, repeats: 2 };
      const job = await submit("listen", { twin: one.id, other: other.id, test }, crypto.randomUUID());
      ask({ first: "", second: "", between: "", prepare: job.id });
    } catch (error) {
      setTrouble(asTrouble(error));
    }
  };
  const field = (place: 0 | 1, label: string) => (
    <label class="field">
      <span>{label}</span>
      <input type="text" required maxLength={40} list="newest-takes" value={ids[place]} onInput={(event) => setIds(place ? [ids[0], event.currentTarget.value] : [event.currentTarget.value, ids[1]])} />
    </label>
  );
  const same = ids[0].trim() !== "" && ids[0].trim() === ids[1].trim();
  return (
    <form class="stack" onSubmit={(event) => void begin(event)}>
      <div class="fields">
        {field(0, said.firstId)}
        {field(1, said.secondId)}
        <label class="field"><span>{said.times}</span><input type="number" min={1} max={32} value={times} aria-describedby="times-what" onInput={(event) => setTimes(Number(event.currentTarget.value))} /></label>
      </div>
      <datalist id="newest-takes">{newest.data?.items.map((take) => <option key={take.id} value={take.id}>{`${take.caption || take.task} · ${take.seed}`}</option>)}</datalist>
      <p class="faint small" id="times-what">{said.timesWhat}</p>
      {same && <p class="bad-text">{said.same}</p>}
      {trouble && <Failure trouble={trouble} />}
      <div class="row"><button type="submit" class="button main" disabled={same || !ids[0].trim() || !ids[1].trim() || !(times >= 1 && times <= 32)}>{said.begin}</button></div>
    </form>
  );
}

function Instruments({ question }: { question: Question }) {
  const [sides, setSides] = useState<[Side, Side]>([{ variant: "nano", twin: "" }, { variant: "nano", twin: "" }]);
  const [caption, setCaption] = useState("");
  const [pairs, setPairs] = useState(8);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const found = useLoad("sides", async (signal) => {
    const [variants, twins] = await Promise.all([
      api.get("/v1/variants", { query: { limit: 100 }, signal }),
      api.get("/v1/producers", { query: { limit: 200 }, signal }),
    ]);
    return { variants: variants.items.filter((one) => one.present && one.name !== "tiny").map((one) => one.name), twins: twins.items.filter((one) => one.twin).map((one) => one.name) };
  });
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={160} />;
  const set = (place: 0 | 1, change: Partial<Side>): void => setSides(sides.map((one, i) => (i === place ? { ...one, ...change } : one)) as [Side, Side]);
  const title = sides.map((one) => (one.twin ? `${one.twin}, ${one.variant}` : one.variant)).join(said.against);
  const same = sides[0].variant === sides[1].variant && sides[0].twin === sides[1].twin;
  const begin = async (event: Event): Promise<void> => {
    event.preventDefault();
    setTrouble(null);
    const seed = crypto.getRandomValues(new Uint32Array(1))[0]! % MOST_SEED;
    const planFor = (side: Side) => ({ plan: { kind: "generate", prompt: { caption }, seconds: SECONDS, play: { variant: side.variant, seed, batch: pairs, ...(side.twin ? { adapters: [{ folder: side.twin }] } : {}) } } });
    try {
      const twin = await submit("make", planFor(sides[0]), crypto.randomUUID());
      const base = await submit("make", planFor(sides[1]), crypto.randomUUID());
      ask({ twin: twin.id, base: base.id, question, seconds: String(SECONDS - 2), title, between: "" });
    } catch (error) {
      setTrouble(asTrouble(error));
    }
  };
  const pick = (place: 0 | 1, label: string) => (
    <div class="fields">
      <label class="field">
        <span>{`${label}: ${said.instrument}`}</span>
        <select value={sides[place].variant} onChange={(event) => set(place, { variant: event.currentTarget.value })}>{found.data!.variants.map((one) => <option key={one}>{one}</option>)}</select>
      </label>
      <label class="field">
        <span>{`${label}: ${said.twin}`}</span>
        <select value={sides[place].twin} onChange={(event) => set(place, { twin: event.currentTarget.value })}>
          <option value="">{said.noTwin}</option>
          {found.data!.twins.map((one) => <option key={one}>{one}</option>)}
        </select>
      </label>
    </div>
  );
  return (
    <form class="stack" onSubmit={(event) => void begin(event)}>
      {pick(0, said.first)}
      {pick(1, said.second)}
      <label class="field">
        <span>{producers.words}</span>
        <textarea required rows={2} value={caption} placeholder={producers.wordsHint} onInput={(event) => setCaption(event.currentTarget.value)} />
      </label>
      <div class="fields">
        <label class="field"><span>{producers.pairs}</span><input type="number" min={4} max={16} value={pairs} aria-describedby="pairs-what" onInput={(event) => setPairs(Number(event.currentTarget.value))} /></label>
      </div>
      <p class="faint small" id="pairs-what">{producers.pairsWhat}</p>
      {same && <p class="soft">{said.same}</p>}
      {trouble && <Failure trouble={trouble} />}
      <div class="row"><button type="submit" class="button main" disabled={same || !caption.trim() || !(pairs >= 4 && pairs <= 16)}>{producers.makePairs}</button></div>
    </form>
  );
}
