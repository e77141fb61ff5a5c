/// The page of a proof: its answer, the picture, what holds and what does not, and the whole report with its sounds.
import { useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { write } from "../../parts/number";
import { Empty, Failure, Ghost } from "../../parts/states";
import { typeset } from "../../strings";
import { said } from "../../strings/producers";
import { Dots } from "./dots";
import { type Figures, gainOf, type Interval, readFigures, UNREAD } from "./proof";

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
      <h1>{said.proofOf(subject.producer)}</h1>
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
          {claimsOf(verdicts).map(([claim, found]) => (
            <li key={claim}>
              <span class="outcomes">
                {[...new Set(found.map((one) => one.proven))].map((proven) => (
                  <span key={String(proven)} class={`chip${proven ? " good" : ""}`}>{proven ? said.holds : proven === false ? said.notProven : said.cannot}</span>
                ))}
              </span>
              <details class="fold">
                <summary>{claim.charAt(0).toUpperCase() + claim.slice(1)}</summary>
                {found.map((one) => <p key={one.words} class="soft small">{typeset(one.words)}</p>)}
              </details>
            </li>
          ))}
        </ul>
      </section>
      {Object.keys(kept ?? {}).length > 0 && (
        <section class="panel scroll" tabIndex={0} aria-label={said.kept}>
          <h2>{said.kept}</h2>
          <p class="soft small">{said.keptWhat(Math.max(...Object.values(kept).map((one) => one.songs)))}</p>
          <table class="plain">
            <thead><tr>{[said.measure, said.real, said.base, said.twin, said.difference].map((one) => <th key={one} scope="col">{one}</th>)}</tr></thead>
            <tbody>
              {Object.entries(kept).map(([name, one]) => (
                <tr key={name}>
                  <td>{name}</td>
                  {[one.real, one.base, one.twin].map((each, i) => <td key={i}><Share one={each} /></td>)}
                  <td><Share one={one.difference} points /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <p class="faint small">{`${said.ear}: ${Object.keys(ears).map((one) => one.split(" b2:")[0]).join(", ")}`}</p>
      <div class="row">
        <a class="button" href={`/producers/${encodeURIComponent(subject.producer)}/listen`}>{said.listen}</a>
        <a class="button" href={`/producers/${encodeURIComponent(subject.producer)}/releases`}>{said.release}</a>
      </div>
      <details class="fold">
        <summary>{said.report}</summary>
        <iframe class="report" src={`/v1/proofs/${id}/report`} title={said.reportTitle(subject.producer)} sandbox="" loading="lazy" />
        <a href={`/v1/proofs/${id}/report`} target="_blank" rel="noreferrer">{said.open}</a>
      </details>
    </div>
  );
}

/** The verdicts of each claim, one by each ear. */
function claimsOf(verdicts: Figures["verdicts"]): [string, Figures["verdicts"]][] {
  return [...new Set(verdicts.map((one) => one.claim))].map((claim) => [claim, verdicts.filter((one) => one.claim === claim)]);
}

/** A share with its interval; a difference of two in points. */
function Share({ one, points = false }: { one: Interval | null; points?: boolean }) {
  if (!one) return <span class="faint">–</span>;
  const of = (value: number): string => `${points && value >= 0.005 ? "+" : ""}${write(value * 100, 0)}`;
  const unit = points ? "" : "%";
  return <span class="number">{of(one.value)}{unit} {one.high > one.low && <span class="doubt">{`${of(one.low)} ${said.until} ${of(one.high)}${unit}`}</span>}</span>;
}
