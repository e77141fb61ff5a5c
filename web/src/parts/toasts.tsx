import { drop, toasts } from "../state/toasts";
import { words } from "../strings";
import { Icon } from "./icons";

/** The short messages; screen readers hear each once. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((one) => (
        <div key={one.id} class={`toast${one.bad ? " bad" : ""}`}>
          <span class="grow">{one.text}</span>
          {one.action && (
            <button type="button" class="button" onClick={one.action.run}>
              {one.action.label}
            </button>
          )}
          <button type="button" class="button quiet icon" aria-label={words.keys.close} onClick={() => drop(one.id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
