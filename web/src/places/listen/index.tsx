/// Listen: what is decided by ear. Pairs about which the scorers do not agree, blind tests, and what the prompts cover.
import { query } from "../../router";
import { BeginTest } from "../../listening/begin";
import { Earlier, Steps } from "../../listening/blind";
import { said } from "../../strings/listen";
import { Coverage } from "./coverage";
import { Pairs } from "./pairs";
import "./listen.css";

const TABS = { pairs: "/listen", blind: "/listen/blind", coverage: "/listen/coverage" } as const;

export function Listen({ rest }: { rest: readonly string[] }) {
  const tab = rest[0] === "blind" || rest[0] === "coverage" ? rest[0] : "pairs";
  const set = query.value.get("set");
  return (
    <div class="listen stack">
      <header class="head">
        <h1>{said.title}</h1>
        <nav class="row" aria-label={said.title}>
          {Object.entries(TABS).map(([name, to]) => (
            <a key={name} class="button quiet" href={set && name !== "blind" ? `${to}?set=${encodeURIComponent(set)}` : to} aria-current={tab === name ? "page" : undefined}>{said.tabs[name]}</a>
          ))}
        </nav>
      </header>
      {tab === "pairs" ? <Pairs /> : tab === "coverage" ? <Coverage /> : (
        <div class="producers stack">
          <Steps title={query.value.get("title") ?? ""} begin={<><BeginTest /><Earlier /></>} />
        </div>
      )}
    </div>
  );
}
