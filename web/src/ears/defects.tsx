/// The report on a sound: its score with its parts, and every defect with its place, its reading, a player and a repair.
import { useState } from "preact/hooks";
import { write } from "../parts/number";
import { Icon } from "../parts/icons";
import * as engine from "../player/engine";
import { typeset } from "../strings";
import { said } from "../strings/ears";
import { type Defect, faultsOf, isWhole, type Kept, kindOf, readingOf, repairable } from "./report";

const FIRST = 8;
const AROUND = 0.6;

interface Properties {
  kept: Kept;
  sound: engine.Sound;
  chosen: Defect | null;
  onChoose: (defect: Defect | null) => void;
  /** Mend one defect, or all where there is none; absent where nothing is repaired. */
  onRepair?: (defect: Defect | null) => void;
  busy?: boolean;
}

export function Defects(given: Properties) {
  const { kept } = given;
  const faults = faultsOf(kept);
  const notes = kept.report.defects.filter((one) => one.severity === "info");
  const [all, setAll] = useState(false);
  const shown = all ? faults : faults.slice(0, FIRST);
  return (
    <>
      <Score kept={kept} />
      {!faults.length && <p class="soft">{said.clean}</p>}
      {faults.length > 0 && (
        <ul class="defects" aria-label={said.list}>
          {shown.map((one, index) => <Row key={`${one.kind}${one.start}${one.channel}${index}`} one={one} {...given} />)}
        </ul>
      )}
      {faults.length > shown.length && <button type="button" class="button quiet" onClick={() => setAll(true)}>{said.more(faults.length - shown.length)}</button>}
      {given.onRepair && faults.length > 0 && !repairable(faults).length && <p class="soft small">{said.nothingToRepair}</p>}
      {notes.length > 0 && (
        <details class="fold">
          <summary>{said.notes(notes.length)}</summary>
          <ul class="defects">{notes.map((one, index) => <Row key={`${one.kind}${index}`} one={one} {...given} />)}</ul>
        </details>
      )}
    </>
  );
}

function Score({ kept }: { kept: Kept }) {
  const { score, parts } = kept.report;
  return (
    <div class="score">
      <p class="score-of">
        <span class="hidden">{said.score}: </span>
        <strong>{write(score ?? 0, 1)}</strong> <span class="faint">{said.of10}</span>
      </p>
      {parts.length > 0 && (
        <ul class="chips" aria-label={said.parts}>
          {parts.map((one) => <li key={one.kind} class="chip">{said.cost(one.words, one.count, write(one.cost ?? 0, 1))}</li>)}
        </ul>
      )}
    </div>
  );
}

/** The stretch of the sound in which a defect is heard. */
export function stretchOf(one: Defect, seconds: number): engine.Loop {
  return { start: Math.max(0, (one.start ?? 0) - AROUND), end: Math.min(seconds, (one.end ?? 0) + AROUND) };
}

function Row({ one, kept, sound, chosen, onChoose, onRepair, busy }: Properties & { one: Defect }) {
  const about = kindOf(one.kind);
  const seconds = kept.report.seconds ?? sound.seconds;
  const whole = isWhole(one, seconds);
  const where = whole ? said.whole : said.at(one.start ?? 0, one.end ?? 0);
  const playing = chosen === one && engine.playing.value && engine.sound.value?.key === sound.key;
  const { value, limit, unit } = readingOf(one);
  const hear = async (): Promise<void> => {
    if (playing) return (engine.setLoop(null), engine.pause(), onChoose(null));
    onChoose(one);
    const stretch = whole ? null : stretchOf(one, sound.seconds);
    await engine.play(sound, stretch?.start ?? 0);
    engine.setLoop(stretch);
  };
  const anew = one.repairable && !about.edits.length;
  return (
    <li class={`defect ${one.severity}${chosen === one ? " on" : ""}`}>
      <button type="button" class="button icon round" aria-label={playing ? said.silence(about.words) : said.hear(about.words, where)} onClick={() => void hear()}>
        <Icon name={playing ? "pause" : "play"} />
      </button>
      <div class="defect-words">
        <span class="row">
          <span class={`chip ${one.severity === "failure" ? "bad" : "unknown"}`}>{said.severityOf[one.severity] ?? one.severity}</span>
          <strong>{about.words}</strong>
          <span class="soft">{[where, one.channel && said[one.channel]].filter(Boolean).join(", ")}</span>
        </span>
        <span class="soft small">
          {value !== null && <>{write(value, digitsOf(value))} {unit}</>}
          {limit !== null && <span class="faint"> ({said.limit(write(limit, digitsOf(limit)))})</span>}
          {one.evidence && <span class="break">{`${value === null ? "" : "; "}${typeset(one.evidence)}`}</span>}
        </span>
      </div>
      {onRepair && one.repairable && one.severity !== "info" && (
        <button type="button" class="button" disabled={busy} aria-label={(anew ? said.playAnewOne : said.repairOne)(about.words, where)} onClick={() => onRepair(one)}>
          {anew ? said.playAnew : said.repair}
        </button>
      )}
    </li>
  );
}

/** Decimals of a reading: three figures or so. */
const digitsOf = (value: number): number => (Math.abs(value) < 0.1 ? 3 : Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0);

/** The loudness table. */
export function Loudness({ kept }: { kept: Kept }) {
  const table = kept.report.loudness;
  if (!table) return null;
  return (
    <details class="fold">
      <summary>{said.loudness}</summary>
      <dl class="facts">
        {Object.entries(said.readings).map(([name, [words, unit]]) => {
          const value = table[name as keyof typeof table];
          return (
            <>
              <dt>{words}</dt>
              <dd>{value === null ? "−∞" : write(value, 1)} <span class="faint">{unit}</span></dd>
            </>
          );
        })}
      </dl>
      <p class="soft small">{said.judged(kept.reference)}</p>
    </details>
  );
}
