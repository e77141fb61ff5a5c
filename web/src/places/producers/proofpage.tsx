/// The page of a proof: its answer, the picture, what holds and what does not, and the whole report with its sounds.
import { useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { write } from "../../parts/number";
import { Empty, Failure, Ghost } from "../../parts/states";
import { typeset } from "../../strings";
import { said } from "../../strings/producers";
import { Dots } from "./dots";
import { gainOf, type Interval, readFigures, UNREAD } from "./proof";

export function ProofPage({ id }: { id: string }) {
  const found = useLoad(`proof${id}`, (signal) => readFigures(id, signal));
  if (found.error?.status === 404) return <Empty title={said.notThere} action={<a class="button main" href="/producers">{said.back}</a>} />;
  if (found.error && !found.data) {
    return (
      <div class="producers stack">
        <p><a href="/producers">{said.back}</a></p>
        <h1>{said.proofTitle}</h1>
        {found.error.status === UNREAD ? <Failure trouble={found.error} /> : <Failure trouble={found.error} again={found.again} />}
        {found.error.status === UNREAD && <p><a class="button" href="/producers">{said.toProve}</a></p>}
      </div>
    );
  }
  if (!found.data) return <Ghost height={520} />;
  const { subject, answer, basis, verdicts, kept, ears } = found.data;
  const gain = gainOf(found.data);
  return (
    <div class="producers stack">
      <p class="row">
        <a class="grow" href="/producers">{said.back}</a>
        <CopyCommand command={["twin", "prove", subject.producer]} />
      </p>
      <h1>{subject.producer}</h1>
      <section class="panel learned">
        <div class="stack">
          <p class="answer">{typeset(answer)}</p>
          <p class="soft">{typeset(basis)}</p>
        </div>
        {gain ? <Dots gain={gain} /> : <p class="faint">{said.noGain}</p>}
      </section>
      <section class="panel stack">
        <h2>{said.claims}</h2>
        <ul class="claims">
          {verdicts.map((one) => (
            <li key={one.claim + one.words}>
              <span class={`chip${one.proven ? " good" : ""}`}>{one.proven ? said.holds : one.proven === false ? said.notProven : said.cannot}</span>
              <span>{typeset(one.words)}</span>
            </li>
          ))}
        </ul>
      </section>
      {Object.keys(kept ?? {}).length > 0 && (
        <section class="panel scroll" tabIndex={0} aria-label={said.kept}>
          <h2>{said.kept}</h2>
          <table class="plain">
            <thead><tr>{[said.measure, said.real, said.base, said.twin, said.difference, said.songs].map((one) => <th key={one} scope="col">{one}</th>)}</tr></thead>
            <tbody>
              {Object.entries(kept).map(([name, one]) => (
                <tr key={name}>
                  <td>{name}</td>
                  {[one.real, one.base, one.twin, one.difference].map((each, i) => <td key={i}><Figure one={each} /></td>)}
                  <td>{one.songs}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <p class="faint small">{`${said.ear}: ${Object.keys(ears).join(", ")}`}</p>
      <details class="fold">
        <summary>{said.report}</summary>
        <iframe class="report" src={`/v1/proofs/${id}/report`} title={said.reportTitle(subject.producer)} sandbox="" loading="lazy" />
        <a href={`/v1/proofs/${id}/report`} target="_blank" rel="noreferrer">{said.open}</a>
      </details>
    </div>
  );
}

function Figure({ one }: { one: Interval | null }) {
  if (!one) return <span class="faint">–</span>;
  return <span class="number">{write(one.value, 2)} <span class="doubt">{`${write(one.low, 2)}…${write(one.high, 2)}`}</span></span>;
}
