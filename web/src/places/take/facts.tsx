/// How a take came to be and what was measured of it; and its loudness as a table, for who cannot see the waveform.
import { useEffect, useState } from "preact/hooks";
import type { Take } from "../../api/client";
import { Number_, write } from "../../parts/number";
import { span, words } from "../../strings";
import { loadPeaks, type Peaks } from "../../wave/peaks";

const w = words.take;
const UNITS: Record<string, [string, number, number]> = {
  peak_db: ["dBFS", 1, 1], true_peak_db: ["dBTP", 1, 1], loudness_lufs: ["LUFS", 1, 1], bpm: ["bpm", 1, 1], silence_share: ["%", 1, 100],
  clipped_share: ["%", 2, 100], in_scale_share: ["%", 0, 100], bpm_confidence: ["%", 0, 100], key_confidence: ["%", 0, 100], tempo_fit: ["%", 0, 100],
  stereo_correlation: ["", 2, 1], dropouts: ["", 0, 1],
};

export function Facts({ take }: { take: Take }) {
  const stage = take.stage as { guide?: string; guide_strength?: number; play?: { steps?: number; guidance?: number } };
  const took = Object.values((take.made?.seconds ?? {}) as Record<string, number>).reduce((sum, one) => sum + one, 0);
  const f = w.facts;
  const rows: [string, unknown][] = [
    [f.caption, take.caption], [f.lyrics, take.lyrics], [f.variant, take.variant], [f.seed, String(take.seed)], [f.steps, stage.play?.steps], [f.guidance, stage.play?.guidance],
    [f.guide, take.guide === "band" ? f.band : ""], [f.adapters, take.adapters?.map((one) => `${one.name} × ${write(one.scale, 2)}`).join(", ")],
    [f.made, take.made && [take.made.device, take.made.versions?.["producertwin"]].filter(Boolean).join(", ")], [f.took, took ? span(took) : ""],
    [f.when, new Date(take.created).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })], [f.id, take.id],
  ];
  return (
    <section class="panel wide">
      <details class="fold flat">
        <summary>
          <h2>{w.settings}</h2>
        </summary>
        <div class="two">
          <dl class="facts">
            {rows.filter(([, value]) => value !== undefined && value !== null && value !== "").map(([name, value]) => (
              <>
                <dt>{name}</dt>
                <dd class="break">{String(value)}</dd>
              </>
            ))}
          </dl>
          <div>
            <h3>{w.readings}</h3>
            <dl class="facts">
              {Object.entries(take.meters ?? {}).map(([name, value]) => {
                const [unit, digits, times] = UNITS[name] ?? ["", 2, 1];
                return (
                  <>
                    <dt>{w.meters[name] ?? name.replaceAll("_", " ")}</dt>
                    <dd>
                      <Number_ value={value === null || value === undefined ? null : Number(value) * times} unit={unit} digits={digits} />
                    </dd>
                  </>
                );
              })}
            </dl>
          </div>
        </div>
        <Levels take={take} />
      </details>
    </section>
  );
}

/** The waveform as numbers, a row a second. */
function Levels({ take }: { take: Take }) {
  const [open, setOpen] = useState(false);
  const [peaks, setPeaks] = useState<Peaks | null>(null);
  useEffect(() => {
    if (open) loadPeaks(`/v1/takes/${take.id}/peaks`, "coarse", take.seconds).then(setPeaks, () => undefined);
  }, [open, take.id]);
  const db = (byte: number): string => (byte ? `${write(20 * Math.log10(byte / 127), 1)} ${words.units.db}` : "−∞");
  const at = (i: number, k: number): number => Math.abs(peaks!.data[i * 3 + k]!);
  return (
    <details class="fold" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{w.levels}</summary>
      {peaks && (
        <div class="levels" tabindex={0} role="region" aria-label={w.levels}>
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">{w.at}</th>
                <th scope="col">{w.peak}</th>
                <th scope="col">{w.rms}</th>
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: peaks.data.length / 3 }, (_, i) => (
                <tr key={i}>
                  <td>{i} {words.units.s}</td>
                  <td>{db(Math.max(at(i, 0), at(i, 1)))}</td>
                  <td>{db(at(i, 2))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
