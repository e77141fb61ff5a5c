/// The key of a card: chords and notes that are written in the old key go with it when another is written, and that is told.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, type Schemas } from "../../api/client";
import { asTrouble } from "../../api/load";
import { said } from "../../strings/albums";

type Sheet = Schemas["TrackPlan"]["sheet"];
type Written = Pick<Sheet, "chords" | "sections" | "lines">;
interface Told {
  note: string;
  wrong: boolean;
  /** What was written before it was moved, and the chords that it became. */
  before?: Written;
  after?: Sheet["chords"];
}
interface Properties {
  sheet: Sheet;
  onChange: (change: Partial<Sheet>) => void;
  onMoving: (by: number) => void;
}

const QUIET: Told = { note: "", wrong: false };
const writtenIn = ({ chords, sections, lines }: Sheet): Written => ({ chords, sections, lines });

export function KeyField({ sheet, onChange, onMoving }: Properties) {
  const [text, setText] = useState(sheet.key ?? "");
  const [told, setTold] = useState<Told>(QUIET);
  /** The key that the chords are written in, also while another is written that is none. */
  const key = useRef(sheet.key ?? null);
  const change = useRef(onChange);
  change.current = onChange; // by the time of an answer the card may have changed
  useEffect(() => setText(sheet.key ?? ""), [sheet.key]);
  const put = (wanted: string): void => {
    const old = { ...sheet, key: key.current };
    onChange({ key: wanted || null }); // at once, so that the check of the plan sees a key that is none
    setTold(QUIET);
    if (!wanted) return;
    onMoving(1);
    api.post("/v1/songs/key", { body: { sheet: old, key: wanted } as never }).then(
      (found) => {
        if (found.moved || !found.note) key.current = found.sheet.key ?? null; // else they stay written in the old one
        change.current({ key: found.sheet.key ?? null, ...(found.moved ? writtenIn(found.sheet) : {}) });
        setTold({ note: found.note, wrong: false, ...(found.moved ? { before: writtenIn(old), after: found.sheet.chords } : {}) });
      },
      (error: unknown) => {
        const trouble = asTrouble(error);
        if (!trouble.errors.some((one) => one.pointer === "/key")) key.current = wanted; // it is a key, and what cannot be read stays
        setTold({ note: trouble.detail, wrong: true });
      },
    ).finally(() => onMoving(-1));
  };
  const leave = (): void => {
    onChange(told.before!);
    setTold({ note: said.keyLeft, wrong: false });
  };
  return (
    <>
      <label class="field"><span>{said.fields["key"]}</span><input type="text" maxLength={40} value={text} aria-invalid={told.wrong ? "true" : undefined} onInput={(event) => setText(event.currentTarget.value)} onChange={(event) => put(event.currentTarget.value.trim())} /></label>
      <div class="wide key-told" role="status">
        {told.note && <p class={`small ${told.wrong ? "bad-text" : "soft"}`}>{said.keyTold(told.note)}</p>}
        {told.before && told.after === sheet.chords && <button type="button" class="button" onClick={leave}>{said.keyLeave}</button>}
      </div>
    </>
  );
}
