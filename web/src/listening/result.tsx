/// What came out of a blind test, and the way to another.
import { useState } from "preact/hooks";
import { api, type Schemas, type Trouble } from "../api/client";
import { asTrouble, useLoad } from "../api/load";
import { putBack } from "../api/takes";
import { CopyCommand } from "../parts/copy";
import { useFocusKept } from "../parts/focus";
import { Failure, Ghost } from "../parts/states";
import { ask } from "../router";
import { say } from "../state/toasts";
import { words } from "../strings";
import { said as listen } from "../strings/listen";
import { said } from "../strings/producers";

type Facts = Schemas["ListeningFacts"];

const anew = (): void => ask({ twin: "", base: "", prepare: "", test: "", question: "" });
export const Anew = () => <div class="row"><button type="button" class="button" onClick={anew}>{said.again}</button></div>;

/** What was answered, in a sentence: a test of two sides is titled by both of them. */
function sentence(test: Facts, count: number, of: number): string {
  const [first = "", second] = test.title.split(listen.against);
  return test.question === "preference" && second ? listen.preferred(first, count, of) : said.result[test.question]!(count, of, test.title);
}

/** A finding as a sentence, with the names of the two sides. */
function told(test: Facts, text: string): string {
  const [first, second] = test.title.split(listen.against);
  const named = second ? text.replaceAll("the twin", `“${first}”`).replaceAll("the base", `“${second}”`) : text;
  return `${named.charAt(0).toUpperCase()}${named.slice(1)}.`;
}

export function Result({ test }: { test: Facts }) {
  const found = useLoad(`result${test.id}`, (signal) => api.get("/v1/listening/{test}/result", { path: { test: test.id }, signal }));
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  if (found.error) return <><Failure trouble={found.error} again={found.again} /><Anew /></>;
  if (!found.data) return <Ghost height={320} />;
  return <Told found={found.data} test={test} trouble={trouble} onTrouble={setTrouble} />;
}

interface ToldProperties {
  found: Schemas["ListeningResult"];
  test: Facts;
  trouble: Trouble | null;
  onTrouble: (trouble: Trouble | null) => void;
}

/** What came out of a test. */
function Told({ found, test, trouble, onTrouble }: ToldProperties) {
  const title = useFocusKept<HTMLHeadingElement>();
  const { right, verdicts, figures, warnings } = found;
  const mark = (value: number): string => `${value * 100}%`;
  const remove = (): void => {
    api.delete("/v1/listening/{test}", { path: { test: test.id } }).then(
      (entry) => (say(said.testDeleted, { action: { label: words.undo, run: () => void putBack(entry.id) } }), anew()),
      (error: unknown) => onTrouble(asTrouble(error)),
    );
  };
  return (
    <section class="panel stack blind">
      <h2 ref={title} tabIndex={-1}>{right.of ? sentence(test, right.count, right.of) : said.noCount}</h2>
      {right.of > 0 && right.low !== null && right.high !== null && (
        <>
          <div class="scale" aria-hidden="true">
            <i class="half" />
            <i class="sure" style={{ left: mark(right.low), width: mark(right.high - right.low) }} />
            <i class="point" style={{ left: mark(right.count / right.of) }} />
          </div>
          <p class="scale-marks faint small" aria-hidden="true">{said.marks.map((one) => <span key={one}>{one}</span>)}</p>
          <p class="soft small">{said.interval(right.low, right.high)}</p>
        </>
      )}
      {verdicts.map((one) => <p key={one} class="answer">{told(test, one)}</p>)}
      <ul class="soft small beware">{warnings.map((one) => <li key={one}>{told(test, one)}</li>)}</ul>
      <details class="fold">
        <summary>{said.figures}</summary>
        <dl class="facts">{figures.map(([name, value]) => <><dt>{name}</dt><dd>{value}</dd></>)}</dl>
      </details>
      {trouble && <Failure trouble={trouble} />}
      <div class="row">
        <button type="button" class="button main" onClick={anew}>{said.again}</button>
        <button type="button" class="button quiet" onClick={remove}>{said.deleteTest}</button>
        <span class="grow" />
        <CopyCommand command={["twin", "listen", "score", test.id]} />
      </div>
    </section>
  );
}
