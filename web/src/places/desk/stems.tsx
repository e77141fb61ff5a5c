/// Which stems go through the desk: takes, the stems that were taken out of one, and files that are brought.
import { useState } from "preact/hooks";
import { api, type Take, type Trouble } from "../../api/client";
import { nameOf } from "../../api/takes";
import { asTrouble, useLoad } from "../../api/load";
import { Icon } from "../../parts/icons";
import { Failure, Ghost } from "../../parts/states";
import * as engine from "../../player/engine";
import { bpmOf, soundOf } from "../../player/sounds";
import { takesVersion } from "../../state/takes";
import { clock, words } from "../../strings";
import { said } from "../../strings/desk";
import { sendFile } from "../tracks/uploads";
import { addStems, type Input, inputs, MOST } from "./store";

const FEW = 100;
const stemOf = (take: Take): string => (typeof take.stage["stem"] === "string" ? (take.stage["stem"] as string) : "");

/** The stems that were taken out of a take, one of each; without any, the take itself. */
export async function stemsOf(id: string): Promise<Input[]> {
  const read = (take: string) => api.get("/v1/takes/{take}", { path: { take } });
  const whole = await read(id);
  const children = (await Promise.all((whole.children ?? []).map(read))).map((one) => one.take);
  const stems = new Map(children.filter((one) => one.task === "extract" && stemOf(one)).map((one) => [stemOf(one), one]));
  return stems.size ? [...stems.values()].slice(0, MOST).map(inputOf) : [inputOf(whole.take)];
}

const inputOf = (take: Take): Input => ({ source: take.id, kind: "take", title: nameOf(take), name: stemOf(take), seconds: take.seconds, bpm: bpmOf(take) });

export function Stems({ onDone }: { onDone?: () => void }) {
  const [chosen, setChosen] = useState<readonly Input[]>([]);
  const [sending, setSending] = useState("");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const takes = useLoad(`desk takes ${takesVersion.value}`, (signal) => api.get("/v1/takes", { query: { limit: FEW, sample: false }, signal }));
  const there = new Set(inputs.value.map((one) => one.source));
  const free = MOST - inputs.value.length;
  const list = (takes.data?.items ?? []).filter((one) => !there.has(one.id));
  const groups = new Map<string, Take[]>();
  for (const one of list) {
    const parent = one.task === "extract" && stemOf(one) ? one.parents?.[0] : undefined;
    if (parent) groups.set(parent, [one, ...(groups.get(parent) ?? []).filter((other) => stemOf(other) !== stemOf(one))]);
  }
  const put = async (fresh: readonly Input[]): Promise<void> => {
    setTrouble(null);
    try {
      await addStems(fresh);
      setChosen([]);
      onDone?.();
    } catch (error) {
      setTrouble(asTrouble(error));
    }
  };
  const bring = async (files: readonly File[]): Promise<void> => {
    setTrouble(null);
    try {
      const fresh: Input[] = [];
      for (const file of files.slice(0, Math.max(0, free - chosen.length))) {
        const source = await sendFile(file, (state, share) => setSending(state === "goes" ? said.sending(file.name, share) : said.reading(file.name)));
        const title = file.name.replace(/\.[^.]+$/, "");
        fresh.push({ source, kind: "asset", title, name: title, seconds: 0, bpm: null });
      }
      setChosen((old) => [...old, ...fresh]);
    } catch (error) {
      setTrouble(asTrouble(error));
    } finally {
      setSending("");
    }
  };
  const toggle = (one: Input): void => setChosen(chosen.some((other) => other.source === one.source) ? chosen.filter((other) => other.source !== one.source) : [...chosen, one]);
  return (
    <section class="panel stack stems">
      <div class="row">
        <h2 class="grow">{said.begin}</h2>
        {onDone && <button type="button" class="button quiet" onClick={onDone}>{said.close}</button>}
      </div>
      <p class="soft">{said.beginWhat}</p>
      <div class="row">
        <label class="button">
          <Icon name="export" />
          {said.bring}
          <input type="file" class="hidden" multiple accept="audio/*,.flac,.wav,.mp3,.m4a,.ogg,.aif,.aiff" onChange={(event) => (void bring([...(event.currentTarget.files ?? [])]), (event.currentTarget.value = ""))} />
        </label>
        <span class="soft small" role="status">{sending}</span>
      </div>
      {[...groups].map(([parent, stems]) => (
        <div class="row" key={parent}>
          <span class="grow cut">{said.stemsOf(titleOf(parent, takes.data?.items ?? []))} <span class="soft small">{stems.map(stemOf).join(", ")}</span></span>
          <button type="button" class="button" onClick={() => void put(stems.map(inputOf))}>{said.useAll(stems.length)}</button>
        </div>
      ))}
      {takes.error && !takes.data && <Failure trouble={takes.error} again={takes.again} />}
      {!takes.data && !takes.error && <Ghost height={160} />}
      {takes.data && !list.length && !chosen.length && <p>{said.noTakes} <a class="plain-link" href="/make">{said.toMake}</a></p>}
      <ul class="choices" aria-label={said.takes}>
        {[...chosen.filter((one) => one.kind === "asset"), ...list.map(inputOf)].map((one) => {
          const take = list.find((other) => other.id === one.source);
          const playing = take && engine.playing.value && engine.sound.value?.key === `take:${take.id}`;
          return (
            <li key={one.source}>
              <label class="check grow">
                <input type="checkbox" aria-label={said.use(one.title)} checked={chosen.some((other) => other.source === one.source)} disabled={chosen.length >= free && !chosen.some((other) => other.source === one.source)} onChange={() => toggle(one)} />
                <span class="cut">{one.kind === "take" && one.name && one.name !== one.title ? `${one.name} · ${one.title}` : one.title}</span>
              </label>
              {take && <span class="soft small">{clock(one.seconds)}</span>}
              {take && (
                <button type="button" class="button quiet icon" aria-label={(playing ? words.library.pause : words.library.play)(one.title)} onClick={() => engine.toggle(soundOf(take))}>
                  <Icon name={playing ? "pause" : "play"} />
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {chosen.length >= free && free < MOST && <p class="soft small">{said.most(MOST)}</p>}
      {trouble && <Failure trouble={trouble} />}
      <div class="row">
        <button type="button" class="button main" disabled={!chosen.length} onClick={() => void put(chosen)}>{said.go(chosen.length)}</button>
      </div>
    </section>
  );
}

const titleOf = (id: string, takes: readonly Take[]): string => {
  const found = takes.find((one) => one.id === id);
  return found ? nameOf(found) : id;
};
