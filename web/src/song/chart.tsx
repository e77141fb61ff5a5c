/// A lead sheet: each section with four bars a line, as wide as their beats.
import type { Schemas } from "../api/client";
import { said } from "../strings/song";
import "./song.css";

export type Chart = Schemas["SongChart"];
type Section = Schemas["ChartSection"];
type Bar = Section["chart"][number];

/** The chords of a bar in words. */
const spell = (bar: Bar): string => bar.map((one) => one.chord).join(" ");

export function LeadSheet({ chart, label }: { chart: Chart; label: string }) {
  const facts = [chart.key, chart.meter !== 4 && said.meter(chart.meter), chart.bpm && said.bpm(chart.bpm), chart.bars && said.barCount(chart.bars),
    chart.seconds && said.length(chart.seconds)].filter(Boolean);
  return (
    <div class="lead-sheet" role="group" aria-label={label} tabIndex={0}>
      <p class="soft small">{facts.join(" · ")}</p>
      {chart.sections.map((one) => <SheetSection key={one.first_bar} section={one} />)}
    </div>
  );
}

function SheetSection({ section }: { section: Section }) {
  const bars: readonly Bar[] = section.chart.length ? section.chart : [];
  const under = [section.players.length && said.plays(section.players.map(said.part).join(", ")), section.given.length && said.given(section.given.map(said.part).join(", "))].filter(Boolean);
  return (
    <section>
      <h4>
        {section.name || said.chordsOnly} <span class="faint small">{section.name ? said.bars(section.bars, section.first_bar) : section.bars > 0 && said.barCount(section.bars)}</span>
      </h4>
      {bars.length > 0 ? (
        <ol class="bars">
          {bars.map((bar, at) => (
            <li key={at} aria-label={said.bar(section.first_bar + at, spell(bar))}>
              {bar.map((one, place) => (
                <span key={place} style={{ flexGrow: one.beats }}>
                  {one.chord}
                </span>
              ))}
            </li>
          ))}
        </ol>
      ) : (
        <p class="faint small">{said.bandChooses}</p>
      )}
      {under.length > 0 && <p class="soft small">{under.join("; ")}</p>}
      {section.lyrics && <p class="soft small sung">{section.lyrics}</p>}
    </section>
  );
}
