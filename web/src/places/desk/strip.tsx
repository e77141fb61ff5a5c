/// Strips, buses and the master of the desk, as they stand beside one another.
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../parts/icons";
import { write } from "../../parts/number";
import { said } from "../../strings/desk";
import { resolve, type Schema } from "../pipelines/schema";
import { type DeskSchema, Fields, Figure, label } from "./controls";
import { Effects, Sends } from "./effects";
import { levelOf } from "./preview/live";
import { desk, dropBus, dropStem, type Input, inputs, type Part, set, solo } from "./store";

const FLOOR = -60;
const REST_MS = 250;

/** Level that is heard: drawn with every picture, told four times a second. */
function Meter({ of, called }: { of: string | null; called: string }) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let frame = 0;
    let told = 0;
    let shown = FLOOR;
    const draw = (at: number): void => {
      const level = Math.max(FLOOR, levelOf(of));
      shown = Math.max(level, shown - 1.2);
      const box = bar.current;
      if (box) {
        (box.firstElementChild as HTMLElement).style.transform = `scaleY(${Math.min(1, 1 - shown / FLOOR)})`;
        box.classList.toggle("over", shown > -0.1);
        if (at - told > REST_MS) {
          told = at;
          box.setAttribute("aria-valuenow", shown.toFixed(1));
          box.setAttribute("aria-valuetext", shown <= FLOOR ? "−∞ dB" : `${write(shown, 1)} dB`);
        }
      }
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [of]);
  return <div ref={bar} class="meter" role="meter" aria-label={said.meter(called)} aria-valuemin={FLOOR} aria-valuemax={0} aria-valuenow={FLOOR}><i /></div>;
}

/** Decibels beside a fader or a meter; the eye reads them, a screen reader has the value. */
function Marks({ low, high, every }: { low: number; high: number; every: number }) {
  const first = Math.ceil(low / every);
  const marks = Array.from({ length: Math.floor(high / every) - first + 1 }, (_, at) => (first + at) * every);
  return (
    <div class="marks" aria-hidden="true">
      {marks.map((one) => <span key={one} class={one === 0 ? "zero" : ""} style={{ bottom: `${((one - low) / (high - low)) * 100}%` }}>{write(one, 0)}</span>)}
    </div>
  );
}

/** Fader and meter. */
function Fader({ schema, value, of, called, onChange }: { schema: Schema; value: number; of: string | null; called: string; onChange: (to: number) => void }) {
  const low = schema.minimum ?? -60;
  const high = schema.maximum ?? 24;
  return (
    <>
      <div class="fader">
        <Marks low={low} high={high} every={12} />
        <input type="range" class="upright" min={low} max={high} step={0.1} value={value} aria-label={said.fader(called)} aria-orientation="vertical" aria-valuetext={`${write(value, 1)} dB`}
          onInput={(event) => onChange(Number(event.currentTarget.value))} onDblClick={() => onChange(0)} />
        <Meter of={of} called={called} />
        <Marks low={FLOOR} high={0} every={20} />
      </div>
      <Figure low={low} high={high} value={value} unit="dB" name={said.fader(called)} onChange={onChange} />
    </>
  );
}

const STRIP_SHOWN = ["gain", "pan", "mute", "sends"];

export function StripCard({ input, schema }: { input: Input; schema: DeskSchema }) {
  const name = input.name;
  const defs = schema.$defs;
  const record = defs["Strip"]!;
  const strip = (desk.value.strips?.[name] ?? {}) as Part;
  const field = (of: string): Schema => resolve(record.properties?.[of] ?? {}, defs);
  const change = (path: readonly (string | number)[], to: unknown): void => set(["strips", name, ...path], to);
  const others = inputs.value.map((one) => one.name).filter((one) => one !== name);
  const pan = Number(strip["pan"] ?? 0);
  const muted = Boolean(strip["mute"]);
  const alone = solo.value.has(name);
  const hush = (): void => {
    const wanted = new Set(solo.value);
    alone ? wanted.delete(name) : wanted.add(name);
    solo.value = wanted;
  };
  const unheard = muted || (solo.value.size > 0 && !alone);
  return (
    <li class={`strip${unheard ? " unheard" : ""}`}>
      <section aria-label={said.strip(name)}>
        <header>
          <h3 class="cut" title={input.title}>{name}</h3>
          <button type="button" class="button quiet icon" aria-label={said.removeStem(name)} onClick={() => void dropStem(input.source)}><Icon name="close" /></button>
        </header>
        <Fader schema={field("gain")} value={Number(strip["gain"] ?? 0)} of={name} called={name} onChange={(to) => change(["gain"], to)} />
        <label class="pan">
          <span class="faint small">{said.side(pan)}</span>
          <input type="range" min={-1} max={1} step={0.01} value={pan} aria-label={said.panOf(name)} aria-valuetext={said.side(pan)} onInput={(event) => change(["pan"], Number(event.currentTarget.value))} onDblClick={() => change(["pan"], 0)} />
        </label>
        <div class="two">
          <button type="button" class="button" aria-pressed={muted} aria-label={said.muteOf(name)} onClick={() => change(["mute"], !muted)}>{said.mute}</button>
          <button type="button" class="button" aria-pressed={alone} aria-label={said.soloOf(name)} title={said.soloWhat} onClick={hush}>{said.solo}</button>
        </div>
        <div class="controls">
          <Fields schema={record} defs={defs} value={strip} of={name} skip={STRIP_SHOWN} onChange={(one, to) => change([one], to)} />
        </div>
        <Effects schema={record} defs={defs} value={strip} of={name} others={others} onChange={change} />
        <Sends schema={record} value={(strip["sends"] ?? {}) as Record<string, number>} buses={Object.keys(desk.value.buses ?? {})} of={name} onChange={(to) => change(["sends"], to)} />
      </section>
    </li>
  );
}

export function BusCard({ name, schema }: { name: string; schema: DeskSchema }) {
  const defs = schema.$defs;
  const bus = (desk.value.buses?.[name] ?? {}) as Part;
  const kind = String(bus["kind"]);
  const record = defs[kind.charAt(0).toUpperCase() + kind.slice(1)] ?? {};
  const change = (path: readonly (string | number)[], to: unknown): void => set(["buses", name, ...path], to);
  return (
    <li class="strip">
      <section aria-label={said.bus(name)}>
        <header>
          <h3 class="cut">{name}</h3>
          <button type="button" class="button quiet icon" aria-label={`${said.off}: ${said.bus(name)}`} onClick={() => dropBus(name)}><Icon name="close" /></button>
        </header>
        <Fader schema={resolve(record.properties?.["gain"] ?? {}, defs)} value={Number(bus["gain"] ?? 0)} of={name} called={name} onChange={(to) => change(["gain"], to)} />
        <p class="faint small">{said.busKinds[kind] ?? label(kind)}</p>
        <div class="controls">
          <Fields schema={record} defs={defs} value={bus} of={name} skip={["gain", "kind"]} onChange={(one, to) => change([one], to)} />
          {Boolean(bus["compressor"]) && <Fields schema={defs["Compressor"] ?? {}} defs={defs} value={bus["compressor"] as Part} of={name} onChange={(one, to) => change(["compressor", one], to)} />}
        </div>
      </section>
    </li>
  );
}

export function MasterCard({ schema }: { schema: DeskSchema }) {
  const defs = schema.$defs;
  const record = defs["Master"]!;
  const master = (desk.value.master ?? {}) as Part;
  const change = (path: readonly (string | number)[], to: unknown): void => set(["master", ...path], to);
  return (
    <li class="strip master">
      <section aria-label={said.master}>
        <header><h3>{said.master}</h3></header>
        <Fader schema={resolve(record.properties?.["gain"] ?? {}, defs)} value={Number(master["gain"] ?? 0)} of={null} called={said.master} onChange={(to) => change(["gain"], to)} />
        <p class="faint small">{typeof master["loudness"] === "number" ? said.loudness(write(master["loudness"], 1)) : " "}</p>
        <div class="controls">
          <Fields schema={record} defs={defs} value={master} of={said.master} skip={["gain"]} onChange={(one, to) => change([one], to)} />
        </div>
        <Effects schema={record} defs={defs} value={master} of={said.master} others={[]} onChange={change} />
      </section>
    </li>
  );
}

const MOST_BUSES = 4;

/** A bus more. */
export function AddBus() {
  const buses = Object.keys(desk.value.buses ?? {});
  if (buses.length >= MOST_BUSES) return null;
  const names: Record<string, string> = { reverb: "room", delay: "echo", parallel: "squash" };
  const add = (kind: string): void => {
    const taken = new Set([...buses, ...inputs.value.map((one) => one.name)]);
    let name = names[kind] ?? kind;
    for (let n = 2; taken.has(name); n++) name = `${names[kind] ?? kind}${n}`;
    set(["buses", name], { kind });
  };
  return (
    <li class="more">
      <select value="" aria-label={said.addBus} onChange={(event) => (event.currentTarget.value && add(event.currentTarget.value), (event.currentTarget.value = ""))}>
        <option value="">{said.addBus}</option>
        {Object.entries(said.busKinds).map(([kind, words]) => <option key={kind} value={kind}>{words}</option>)}
      </select>
    </li>
  );
}
