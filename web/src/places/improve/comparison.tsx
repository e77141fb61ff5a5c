/// How the takes after a round stand to those before it, by every scorer, and the way to find that out.
import { useState } from "preact/hooks";
import { api, type Schemas, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Failure } from "../../parts/states";
import { isOver, jobs, share, submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { said } from "../../strings/improve";

type Round = Schemas["ImprovementRound"];
type Bounds = Schemas["Bounds"];
const PROMPTS = 12;
const SECONDS = 10;
const SEEDS = 2 ** 31 - 1;

export function Comparison({ round }: { round: Round }) {
  const found = round.comparison;
  if (!found) return <Compare round={round} />;
  const own = found.scorers.filter((one) => !one.taught);
  const name = (one: Schemas["ScorerFacts"]): string => said.scorerNames[one.scorer] ?? one.scorer;
  return (
    <section class="stack">
      <header class="row">
        <h3 class="grow">{said.compared}</h3>
        <CopyCommand command={["twin", "pairs", "compare", found.before, found.after, "--taught", round.pairs]} />
      </header>
      <p class="answer">{said.verdict(own.filter((one) => one.wins.low > 0.5).map(name), found.scorers.filter((one) => one.wins.high < 0.5).map(name))}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label={said.compared}>
        <table class="plain">
          <thead><tr>{[said.scorer, said.learnedFrom, said.wins, said.difference, said.spread].map((one) => <th key={one} scope="col">{one}</th>)}</tr></thead>
          <tbody>
            {found.scorers.map((one) => (
              <tr key={one.scorer}>
                <td>{name(one)}</td>
                <td>{one.taught ? said.yes : said.no}</td>
                <td><Wins bounds={one.wins} /></td>
                <td><Figure bounds={one.difference} /></td>
                <td>{`${said.figure(one.spread[0])}, ${said.figure(one.spread[1])}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="faint small">{said.compareWhat(found.prompts, found.takes, found.left_out)}</p>
    </section>
  );
}

function Wins({ bounds }: { bounds: Bounds }) {
  const at = (value: number): string => `${100 * value}%`;
  const sure = bounds.low > 0.5 ? " good" : bounds.high < 0.5 ? " bad" : "";
  return (
    <span class={`wins${sure}`}>
      <span class="number">{said.percent(bounds.value)} <span class="doubt">{`${said.percent(bounds.low)}…${said.percent(bounds.high)}`}</span></span>
      <span class="reach" aria-hidden="true"><i style={{ left: at(bounds.low), width: at(bounds.high - bounds.low) }} /><b style={{ left: at(bounds.value) }} /></span>
    </span>
  );
}

const Figure = ({ bounds }: { bounds: Bounds }) => (
  <span class="number">{said.figure(bounds.value)} <span class="doubt">{`${said.figure(bounds.low)}…${said.figure(bounds.high)}`}</span></span>
);

/** Make the same candidates before and after, which are compared as soon as both are there. */
function Compare({ round }: { round: Round }) {
  const { run } = round;
  const [prompts, setPrompts] = useState(PROMPTS);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const own = useLoad(`tracks${run.producer}`, (signal) => api.get("/v1/producers/{producer}", { path: { producer: run.producer }, signal }));
  if (!round.has_adapter) return null;
  const made = jobs.value.filter((job) => job.kind === "pairs");
  const after = made.find((job) => (job.plan["adapters"] as readonly string[] | undefined)?.includes(run.id));
  const works = after ? made.filter((job) => !isOver(job) && job.plan["seed"] === after.plan["seed"]) : [];
  const begin = async (event: Event): Promise<void> => {
    event.preventDefault();
    setTrouble(null);
    const near = (own.data?.tracks ?? 0) > 0;
    const plan = {
      n: prompts, takes: 2, seconds: SECONDS, seed: crypto.getRandomValues(new Uint32Array(1))[0]! % SEEDS, variant: run.variant,
      scorers: ["inspector", "caption", "meters", ...(near ? ["producer"] : [])], ...(near ? { producer: run.producer } : {}),
    };
    try {
      await submit("pairs", { ...plan, adapters: round.began_with === "twin" ? [run.producer] : [] }, crypto.randomUUID());
      await submit("pairs", { ...plan, adapters: [run.id] }, crypto.randomUUID());
      say(said.compareAsked);
    } catch (error) {
      setTrouble(asTrouble(error));
    }
  };
  const late = round.installed && round.began_with === "twin";
  return (
    <section class="stack">
      <h3>{said.compared}</h3>
      {works.length > 0 ? (
        <div class="stack" role="status">
          <p class="soft"><a href={`/jobs/${works[0]!.id}`}>{said.comparing}</a></p>
          <div class="bar"><i style={{ transform: `scaleX(${works.reduce((sum, job) => sum + (share(job) ?? 0), 2 - works.length) / 2})` }} /></div>
        </div>
      ) : (
        <form class="row" onSubmit={(event) => void begin(event)}>
          <p class="soft grow">{[said.notCompared, round.not_compared, late ? said.compareLater : ""].filter(Boolean).join(" ")}</p>
          <label class="field few"><span>{said.comparePrompts}</span><input type="number" min={2} max={1000} value={prompts} onInput={(event) => setPrompts(Number(event.currentTarget.value))} /></label>
          <button type="submit" class="button" disabled={late || !(prompts >= 2)}>{said.compare}</button>
        </form>
      )}
      {trouble && <Failure trouble={trouble} />}
    </section>
  );
}
