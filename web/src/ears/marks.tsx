/// Places on a waveform: each defect as a stretch. They are drawn only; the list beside them is what is read out and clicked.
import type { Defect } from "./report";
import { isWhole } from "./report";

export interface Mark {
  start: number;
  end: number;
  tone: "failure" | "warning";
  on: boolean;
}

/** The defects that have a place, as marks; `chosen` is the one that is listened to. */
export function marksOf(defects: readonly Defect[], seconds: number, chosen: Defect | null): Mark[] {
  return defects
    .filter((one) => one.severity !== "info" && !isWhole(one, seconds))
    .map((one) => ({ start: one.start ?? 0, end: one.end ?? 0, tone: one.severity as Mark["tone"], on: one === chosen }));
}

/** Left edge and width in per cent of the whole. */
export const placeOf = (mark: Mark, seconds: number): { left: string; width: string } => ({
  left: `${(mark.start / seconds) * 100}%`,
  width: `${(Math.max(0, mark.end - mark.start) / seconds) * 100}%`,
});

export function Marks({ marks, seconds }: { marks: readonly Mark[]; seconds: number }) {
  return (
    <div class="marks" aria-hidden="true">
      {marks.map((mark, index) => (
        <i key={index} class={`mark ${mark.tone}${mark.on ? " on" : ""}`} style={placeOf(mark, seconds)} />
      ))}
    </div>
  );
}
