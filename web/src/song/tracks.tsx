/// Who plays what of a file: guessed, shown, and changed by hand.
import { said } from "../strings/song";
import type { Imported, Source } from "./reading";

const b = said.bring;
const PARTS = ["melody", "chords", "bass", "drums", "percussion", "keyboard", "guitar", "strings", "synth", "brass", "woodwinds", "vocals", "backing_vocals", "fx"] as const;

interface Properties {
  song: Imported;
  source: Source;
  /** Who plays what, as it was asked for. */
  parts: string;
  busy: boolean;
  onChange: (parts: string) => void;
}

export function Tracks({ song, source, parts, busy, onChange }: Properties) {
  if (source === "hum" || source === "abc") return <Chosen label={b.humPart} part={parts || "melody"} busy={busy} onPick={onChange} />;
  if (!song.tracks.length) return null;
  const playing = song.tracks.filter((one) => one.part).length;
  const pick = (number: number, part: string): void =>
    onChange(song.tracks.map((one) => [one.number, one.number === number ? part : one.part] as const).filter(([, plays]) => plays).map(([n, plays]) => `${n}=${plays}`).join(", "));
  return (
    <>
      <div class="scroll">
        <table class="tracks-read">
          <caption class="hidden">{b.tracks}</caption>
          <thead>
            <tr>
              <th scope="col">{b.track}</th>
              <th scope="col" class="figure">{b.count}</th>
              <th scope="col">{b.plays}</th>
            </tr>
          </thead>
          <tbody>
            {song.tracks.map((one) => (
              <tr key={one.number}>
                <th scope="row">
                  <p>{one.title || b.unnamed(one.number)}</p>
                  <p class="faint small">{one.why}</p>
                </th>
                <td class="figure">{one.count}</td>
                <td>
                  <Chosen label={`${b.plays}: ${one.title || b.unnamed(one.number)}`} part={one.part} busy={busy} hidden out={playing > 1 || !one.part} onPick={(part) => pick(one.number, part)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {song.more_tracks > 0 && <p class="soft small">{b.moreTracks(song.more_tracks)}</p>}
    </>
  );
}

function Chosen({ label, part, busy, hidden, out, onPick }: { label: string; part: string; busy: boolean; hidden?: boolean; out?: boolean; onPick: (part: string) => void }) {
  return (
    <label class="field part">
      <span class={hidden ? "hidden" : ""}>{label}</span>
      <select value={part} disabled={busy} onChange={(event) => onPick(event.currentTarget.value)}>
        {out && <option value="">{b.out}</option>}
        {PARTS.map((one) => <option key={one} value={one}>{said.part(one)}</option>)}
      </select>
    </label>
  );
}
