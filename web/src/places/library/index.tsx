/// Library: every take as a row of its waveform. Filters stand in the address, so that a search can be kept and sent.
import { useEffect, useState } from "preact/hooks";
import { api, type Take, type Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";
import { isLiked } from "../../api/takes";
import { DEMO } from "../../demo";
import { Icon } from "../../parts/icons";
import { VirtualList } from "../../parts/list";
import { Empty, Failure, Ghost } from "../../parts/states";
import { hovers, ROW, TakeRow } from "../../parts/takerow";
import * as engine from "../../player/engine";
import { bpmOf, soundOf } from "../../player/sounds";
import { ask, query } from "../../router";
import { takesVersion } from "../../state/takes";
import { words } from "../../strings";
import { Waveform } from "../../wave/waveform";
import "./library.css";

const w = words.library;
const PAGE = 500;

interface Found {
  takes: readonly Take[];
  next: string | null;
  asked: string;
}

/** The takes that the words find, page by page. */
function useTakes(text: string): { found: Found | null; trouble: Trouble | null; more: () => void; again: () => void } {
  const [found, setFound] = useState<Found | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [count, setCount] = useState(0);
  const load = async (cursor: string | null, before: readonly Take[], signal?: AbortSignal): Promise<void> => {
    const page = await api.get("/v1/takes", { query: { limit: PAGE, ...(text ? { text } : {}), ...(cursor ? { cursor } : {}) }, ...(signal ? { signal } : {}) });
    if (signal?.aborted) return;
    setTrouble(null);
    setFound({ takes: [...before, ...page.items], next: page.next ?? null, asked: text });
  };
  useEffect(() => {
    const control = new AbortController();
    load(null, [], control.signal).catch((error) => control.signal.aborted || setTrouble(asTrouble(error)));
    return () => control.abort();
  }, [text, count, takesVersion.value]);
  const more = (): void => {
    if (found?.next && found.asked === text) load(found.next, found.takes).catch((error) => setTrouble(asTrouble(error)));
  };
  return { found, trouble, more, again: () => setCount(count + 1) };
}

export function Library(_: { rest: readonly string[] }) {
  const asked = query.value;
  const text = asked.get("text") ?? "";
  const [typed, setTyped] = useState(text);
  const { found, trouble, more, again } = useTakes(text);
  useEffect(() => {
    const timer = setTimeout(() => typed !== text && ask({ text: typed }), 200);
    return () => clearTimeout(timer);
  }, [typed]);
  const from = Number(asked.get("from")) || 0;
  const to = Number(asked.get("to")) || Infinity;
  const key = asked.get("key") ?? "";
  const producer = asked.get("producer") ?? "";
  const liked = asked.get("liked") !== null;
  const narrowed = from > 0 || to < Infinity || key !== "" || producer !== "" || liked;
  const all = found?.takes ?? [];
  const shown = !narrowed ? all : all.filter((take) => {
    const bpm = bpmOf(take);
    if (from > 0 && (bpm === null || bpm < from)) return false;
    if (to < Infinity && (bpm === null || bpm > to)) return false;
    if (key && take.metas?.key !== key) return false;
    if (producer && !take.adapters?.some((one) => one.name === producer)) return false;
    return !liked || isLiked(take);
  });
  useEffect(() => {
    if (narrowed && found?.next) more();
  }, [narrowed, found]);
  useEffect(() => {
    engine.queue.value = shown.map(soundOf);
  }, [found, narrowed, from, to, key, producer, liked]);
  const keys = [...new Set(all.map((take) => take.metas?.key).filter((one): one is string => Boolean(one)))].sort();
  const producers = [...new Set(all.flatMap((take) => take.adapters?.map((one) => one.name) ?? []))].sort();
  const at = shown.findIndex((take) => `take:${take.id}` === engine.sound.value?.key);
  const empty = found !== null && !all.length && !text;
  return (
    <>
      <header class="head">
        <h1>{w.title}</h1>
        <span class="soft">{found && w.takes(shown.length, found.next !== null)}</span>
      </header>
      {!empty && (
        <search class="filters">
          <label class="find">
            <Icon name="search" />
            <input type="search" placeholder={w.search} aria-label={w.search} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
          </label>
          <span class="tempo">
            <input type="number" min={30} max={300} placeholder={words.units.bpm} aria-label={w.tempoFrom} value={from || ""} onChange={(event) => ask({ from: event.currentTarget.value })} />
            <span class="soft">{w.tempoTo}</span>
            <input type="number" min={30} max={300} placeholder={words.units.bpm} aria-label={`${w.tempoFrom} ${w.tempoTo}`} value={to < Infinity ? to : ""}
              onChange={(event) => ask({ to: event.currentTarget.value })} />
          </span>
          <select aria-label={w.key} value={key} onChange={(event) => ask({ key: event.currentTarget.value })}>
            <option value="">{w.anyKey}</option>
            {[...new Set([...keys, ...(key ? [key] : [])])].map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
          {(producers.length > 0 || producer) && (
            <select aria-label={w.producer} value={producer} onChange={(event) => ask({ producer: event.currentTarget.value })}>
              <option value="">{w.anyProducer}</option>
              {producers.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          )}
          <button type="button" class="button quiet not-phone" aria-pressed={hovers.value}
            onClick={() => localStorage.setItem("twin.hover", (hovers.value = !hovers.value) ? "yes" : "no")}>
            {w.hover}
          </button>
        </search>
      )}
      {trouble && <Failure trouble={trouble} again={again} />}
      {!found && !trouble && <Ghost height={ROW * 6} />}
      {empty && <NothingYet />}
      {found && !empty && !shown.length && (
        <Empty title={w.none} action={<button type="button" class="button" onClick={() => (setTyped(""), ask({ text: "", from: "", to: "", key: "", producer: "", liked: "" }))}>{w.clear}</button>}>
          <p>{w.noneWhat}</p>
        </Empty>
      )}
      {shown.length > 0 && (
        <VirtualList items={shown} height={ROW} keyOf={(take) => take.id} label={w.list} onEnd={more} focus={at}
          row={(take, index) => <TakeRow take={take} selected={index === at} />} />
      )}
    </>
  );
}

/** The empty library: the demo take, playable, and the way to one's own. */
function NothingYet() {
  const mine = engine.sound.value?.key === DEMO.key;
  const playing = mine && engine.playing.value;
  return (
    <Empty title={w.empty} action={<a class="button main" href="/">{w.makeOwn}</a>}>
      <p>{w.emptyWhat}</p>
      <div class="row demo-row">
        <button type="button" class="button icon round" aria-label={playing ? w.pause(DEMO.title) : w.play(DEMO.title)} onClick={() => engine.toggle(DEMO)}>
          <Icon name={playing ? "pause" : "play"} />
        </button>
        <div class="grow">
          <Waveform peaks={DEMO.peaks} seconds={DEMO.seconds} height={48} played={mine ? engine.position.value : 0} label={words.player.waveform(DEMO.title)}
            onSeek={(to) => void engine.play(DEMO, to)} />
        </div>
      </div>
    </Empty>
  );
}
