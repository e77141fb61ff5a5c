/// On which terms an album is made: what is done without asking, and what it may cost.
import { said } from "../../strings/albums";
import { type Autonomy, LEVELS } from "./store";

interface Given {
  autonomy: Autonomy;
  minutes: string;
  takes: string;
}

export function Terms({ autonomy, minutes, takes, onChange }: Given & { onChange: (change: Partial<Given>) => void }) {
  const limit = (label: string, name: "minutes" | "takes", value: string) => (
    <label class="field"><span>{label}</span><input type="number" min={1} step={name === "takes" ? 1 : "any"} placeholder={said.noLimit} value={value} onInput={(event) => onChange({ [name]: event.currentTarget.value })} /></label>
  );
  return (
    <div class="terms">
      <fieldset class="choices">
        <legend>{said.autonomy}</legend>
        {LEVELS.map((one) => (
          <label key={one} class="check">
            <input type="radio" name="autonomy" checked={autonomy === one} onChange={() => onChange({ autonomy: one })} />
            <span>{said.levels[one]} <span class="soft small">{said.levelsWhat[one]}</span></span>
          </label>
        ))}
        <p class="faint small">{said.levelsNever}</p>
      </fieldset>
      <fieldset class="choices">
        <legend>{said.budget}</legend>
        <div class="fields">
          {limit(said.minutes, "minutes", minutes)}
          {limit(said.takes, "takes", takes)}
        </div>
      </fieldset>
    </div>
  );
}
