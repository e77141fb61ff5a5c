/// The song that is written, in another key: a number of semitones and a button.
import { useState } from "preact/hooks";
import { api, type Schemas, type Trouble } from "../api/client";
import { asTrouble } from "../api/load";
import { Failure } from "../parts/states";
import { said } from "../strings/song";

const MOST = 12;

interface Properties {
  body: Schemas["SongWords"];
  /** Whether there is nothing to be moved, or something that cannot be read. */
  off: boolean;
  onMoved: (moved: Schemas["ShiftedSong"], semitones: number) => void;
}

export function Transpose({ body, off, onMoved }: Properties) {
  const [text, setText] = useState("2");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const semitones = Number(text);
  const right = Number.isInteger(semitones) && semitones !== 0 && Math.abs(semitones) <= MOST;
  const move = async (by: number): Promise<void> => {
    setTrouble(null);
    try {
      onMoved(await api.post("/v1/songs/transpose", { body: { ...body, semitones: by } }), by);
    } catch (error) {
      setTrouble(asTrouble(error));
    }
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // Enter in a field makes takes
    if (right && !off) void move(semitones);
  };
  return (
    <>
      <div class="row shift-by">
        <label class="field">
          <span>{said.higher}</span>
          <input type="number" min={-MOST} max={MOST} step={1} value={text} aria-invalid={right ? undefined : "true"} onKeyDown={press} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button type="button" class="button" disabled={off || !right} title={said.transposeWhat} onClick={() => void move(semitones)}>
          {said.transpose}
        </button>
      </div>
      {trouble && <Failure trouble={trouble} />}
    </>
  );
}
