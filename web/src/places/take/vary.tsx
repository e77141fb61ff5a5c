/// What can be made of a take: again, closer or further, in another style, one stem of it.
import { useState } from "preact/hooks";
import { api, type Take, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Failure } from "../../parts/states";
import { submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { words } from "../../strings";

const w = words.take;
type Plan = Record<string, unknown>;

/** The stage that made a take, without its seed: another is drawn. */
function again(take: Take): { kind: string; plan: Plan } {
  const { play, ...stage } = take.stage as { kind: string; play?: Plan };
  const { seed: _, batch: __, ...rest } = play ?? {};
  return { kind: stage.kind === "generate" ? "make" : "edit", plan: { ...stage, play: { ...rest, batch: 1 } } };
}

export function Vary({ take }: { take: Take }) {
  const abilities = useLoad("capabilities", (signal) => api.get("/v1/capabilities", { signal }));
  const [share, setShare] = useState(40);
  const [style, setStyle] = useState("");
  const [stem, setStem] = useState("drums");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const send = async (kind: string, plan: Plan): Promise<void> => {
    setTrouble(null);
    try {
      await submit(kind, { plan }, crypto.randomUUID());
      say(w.sent);
    } catch (error) {
      setTrouble(asTrouble(error));
    }
  };
  const play = { variant: take.variant };
  const edit = (event: Event, plan: Plan): void => {
    event.preventDefault();
    void send("edit", { source: take.id, ...plan });
  };
  return (
    <section class="panel vary">
      <h2>{w.vary}</h2>
      <form class="verb" onSubmit={(event) => edit(event, { kind: "refine", denoise: share / 100, play })}>
        <div class="grow">
          <h3>{w.refine}</h3>
          <label class="slide">
            <span class="soft">
              {w.refineWhat}, {share}{words.units.percent} {w.anew}
            </span>
            <input type="range" min="1" max="100" value={share} onInput={(event) => setShare(Number(event.currentTarget.value))} />
          </label>
        </div>
        <button type="submit" class="button">{w.refine}</button>
        <CopyCommand command={["twin", "edit", "refine", take.id, "--denoise", String(share / 100)]} />
      </form>
      <form class="verb" onSubmit={(event) => edit(event, { kind: "cover", prompt: { caption: style.trim() }, play })}>
        <div class="grow">
          <h3>{w.cover}</h3>
          <label class="slide">
            <span class="soft">{w.coverWhat}</span>
            <input type="text" aria-label={w.coverWords} value={style} placeholder={words.make.example} onInput={(event) => setStyle(event.currentTarget.value)} />
          </label>
        </div>
        <button type="submit" class="button" disabled={!style.trim()}>{w.cover}</button>
        <CopyCommand command={["twin", "edit", "cover", take.id, "--caption", style.trim() || "…"]} />
      </form>
      <form class="verb" onSubmit={(event) => edit(event, { kind: "extract", stem, play })}>
        <div class="grow">
          <h3>{w.extract}</h3>
          <label class="slide">
            <span class="soft">{w.extractWhat}</span>
            <select aria-label={w.stem} value={stem} onChange={(event) => setStem(event.currentTarget.value)}>
              {(abilities.data?.stems ?? [stem]).map((one) => (
                <option key={one} value={one}>
                  {one.replaceAll("_", " ")}
                </option>
              ))}
            </select>
          </label>
        </div>
        <button type="submit" class="button">{w.extract}</button>
        <CopyCommand command={["twin", "edit", "extract", take.id, stem]} />
      </form>
      <div class="row">
        {take.stage["kind"] !== "repair" && (
          <button type="button" class="button" onClick={() => void send(again(take).kind, again(take).plan)}>
            {w.again}
          </button>
        )}
        <a class="button" href={`/desk?take=${take.id}`}>{w.toDesk}</a>
      </div>
      {trouble && <Failure trouble={trouble} />}
    </section>
  );
}
