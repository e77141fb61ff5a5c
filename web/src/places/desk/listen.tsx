/// The live preview: play, where it is, and how it is ended.
import { useEffect } from "preact/hooks";
import { Icon } from "../../parts/icons";
import { clock } from "../../strings";
import { said } from "../../strings/desk";
import * as live from "./preview/live";
import { inputs, solo, written } from "./store";

const l = said.live;

export function Listen() {
  const wiring = written.value?.wiring ?? null;
  useEffect(() => {
    if (wiring) live.rewire(wiring);
  }, [wiring]);
  useEffect(() => live.setSolo([...solo.value]), [solo.value]);
  useEffect(() => () => live.end(), []);
  const state = live.state.value;
  const on = state === "playing";
  const [at, of] = live.loaded.value;
  return (
    <div class="listen panel">
      <button type="button" class="button main round icon" disabled={!wiring || state === "loading"} aria-label={on ? l.pause : l.play}
        onClick={() => (on ? live.pause() : void live.play(inputs.value, wiring!))}>
        <Icon name={on ? "pause" : "play"} />
      </button>
      <input type="range" class="grow" min={0} max={Math.max(live.seconds.value, 0.1)} step={0.01} value={live.position.value} disabled={state === "off" || state === "loading"} aria-label={l.position} aria-valuetext={clock(live.position.value)}
        onInput={(event) => live.seek(Number(event.currentTarget.value))} />
      <span class="soft small time">{clock(live.position.value)} / {clock(live.seconds.value)}</span>
      {state !== "off" && <button type="button" class="button quiet" onClick={live.end}>{l.end}</button>}
      <p class="soft small told" role="status">
        {state === "loading" && of > 0 ? l.loading(at, of) : live.slow.value ? l.slow : live.cut.value ? l.cut(clock(live.cut.value)) : ""}
      </p>
      {live.trouble.value && <p class="bad-text small told" role="alert">{l.failed(live.trouble.value)}</p>}
    </div>
  );
}
