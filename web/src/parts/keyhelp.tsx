import { bound } from "../state/keys";
import { words } from "../strings";
import { Dialog } from "./dialog";

/** Every key that counts where one is. */
export function KeyHelp({ onClose }: { onClose: () => void }) {
  const seen = new Map(bound.value.flat().filter((one) => one.says).map((one) => [one.shown ?? one.key, one.says]));
  return (
    <Dialog label={words.keys.title} onClose={onClose}>
      <div class="sheet">
        <h2>{words.keys.title}</h2>
        <dl class="facts">
          {[...seen].map(([key, says]) => (
            <>
              <dt>
                {key.split("+").map((part) => (
                  <>
                    <kbd>{part.length === 1 ? part.toUpperCase() : part}</kbd>{" "}
                  </>
                ))}
              </dt>
              <dd>{says}</dd>
            </>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}
