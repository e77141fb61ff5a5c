/// Library: every take as a row of its waveform. Filters stand in the address, so that a search can be kept and sent.
import { useEffect, useState } from "preact/hooks";
import { api, type Take, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { noteLabels, putBack } from "../../api/takes";
import { DEMO } from "../../demo";
import { Icon } from "../../parts/icons";
import { later } from "../../parts/later";
import { VirtualList } from "../../parts/list";
import { Empty, Failure, Ghost } from "../../parts/states";
import { hovers, ROW, TakeRow } from "../../parts/takerow";
import * as engine from "../../player/engine";
import { soundOf } from "../../player/sounds";
import { ask, query } from "../../router";
import { takesVersion } from "../../state/takes";
import { ago, size, words } from "../../strings";
import { said as ears } from "../../strings/ears";
import { said as listen } from "../../strings/listen";
import { Waveform } from "../../wave/waveform";
import "./library.css";

const w = words.library;
const InspectFile = later(async () => (await import("./file")).InspectFile);
const FIRST = 60;
const PAGE = 250;

const FILTERS = ["text", "bpm", "key", "tag", "folder", "producer", "liked", "sample"] as const;
/** Shelves that the address names; on the first one lie all takes but those that trainings played. */
const SHELVES = ["liked", "sample"] as const;

interface Found {
  takes: readonly Take[];
  next: string | null;
  asked: string;
}

/** The takes that the filters find, page by page. */
function useTakes(asked: Record<string, string>): { found: Found | null; trouble: Trouble | null; more: () => void; again: () => void } {
  const [found, setFound] = useState<Found | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [count, setCount] = useState(0);
  const name = JSON.stringify(asked);
  const load = async (cursor: string | null, before: readonly Take[], signal?: AbortSignal): Promise<void> => {
    const page = await api.get("/v1/takes", { query: { ...asked, limit: cursor ? PAGE : FIRST, ...(cursor ? { cursor } : {}) } as never, ...(signal ? { signal } : {}) });
    if (signal?.aborted) return;
    noteLabels(page.items, page.labels);
    setTrouble(null);
    setFound({ takes: [...before, ...page.items], next: page.next ?? null, asked: name });
  };
  useEffect(() => {
    const control = new AbortController();
    load(null, [], control.signal).catch((error) => control.signal.aborted || setTrouble(asTrouble(error)));
    return () => control.abort();
  }, [name, count, takesVersion.value]);
  const more = (): void => {
    if (found?.next && found.asked === name) load(found.next, found.takes).catch((error) => setTrouble(asTrouble(error)));
  };
  return { found, trouble, more, again: () => setCount(count + 1) };
}

export function Library({ rest }: { rest: readonly string[] }) {
  const trash = rest[0] === "trash";
  const shelf = trash ? "trash" : (SHELVES.find((one) => query.value.has(one)) ?? "takes");
  const here = (name: string) => (shelf === name ? "page" : undefined);
  if (rest[0] === "inspect") return <InspectFile rest={rest.slice(1)} />;
  return (
    <>
      <header class="head">
        <h1>{w.title}</h1>
        <nav class="row shelves" aria-label={w.title}>
          <a class="button quiet" href="/library" aria-current={here("takes")}>{w.list}</a>
          <a class="button quiet" href="/library?liked=true" aria-current={here("liked")}>{w.liked}</a>
          <a class="button quiet" href="/library?sample=true" aria-current={here("sample")} title={w.samplesWhat}>{w.samples}</a>
          <a class="button quiet" href="/library/trash" aria-current={here("trash")}>{w.trash}</a>
        </nav>
        <a class="button" href="/listen">{listen.toPairs}</a>
        <a class="button inspect" href="/library/inspect">
          <Icon name="search" />
          {ears.file.link}
        </a>
      </header>
      {trash ? <Trash /> : <Shelves />}
    </>
  );
}

function Shelves() {
  const asked = Object.fromEntries(FILTERS.flatMap((name) => (query.value.get(name) ? [[name, query.value.get(name)!]] : [])));
  const [typed, setTyped] = useState(asked["text"] ?? "");
  const shelf = SHELVES.find((one) => asked[one]);
  const { found, trouble, more, again } = useTakes(shelf ? asked : { ...asked, sample: "false" });
  const shelves = useLoad("labels", (signal) => api.get("/v1/takes/labels", { signal }));
  useEffect(() => shelves.again(), [takesVersion.value]);
  const producers = useLoad("producers", (signal) => api.get("/v1/producers", { query: { limit: 500 }, signal }));
  useEffect(() => {
    const timer = setTimeout(() => typed !== (asked["text"] ?? "") && ask({ text: typed }), 200);
    return () => clearTimeout(timer);
  }, [typed]);
  const shown = found?.takes ?? [];
  useEffect(() => {
    engine.queue.value = shown.map(soundOf);
    if (engine.queue.value[0]) engine.show(engine.queue.value[0]);
  }, [found]);
  const at = shown.findIndex((take) => `take:${take.id}` === engine.sound.value?.key);
  const empty = found !== null && !shown.length && !Object.keys(asked).length;
  const choose = (name: string, label: string, any: string, choices: readonly string[]) =>
    (choices.length > 0 || asked[name]) && (
      <select aria-label={label} value={asked[name] ?? ""} onChange={(event) => ask({ [name]: event.currentTarget.value })}>
        <option value="">{any}</option>
        {[...new Set([...choices, ...(asked[name] ? [asked[name]!] : [])])].map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    );
  const keys = [...new Set(shown.map((take) => take.metas?.key).filter((one): one is string => Boolean(one)))].sort();
  return (
    <>
      {!empty && (
        <search class="filters">
          <label class="find">
            <Icon name="search" />
            <input type="search" placeholder={w.search} aria-label={w.search} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
          </label>
          <input class="tempo" type="number" min={30} max={300} placeholder={words.units.bpm} aria-label={w.tempo} value={asked["bpm"] ?? ""}
            onChange={(event) => ask({ bpm: event.currentTarget.value })} />
          {choose("key", w.key, w.anyKey, keys)}
          {choose("tag", w.tag, w.anyTag, Object.keys(shelves.data?.tags ?? {}))}
          {choose("folder", w.folder, w.anyFolder, Object.keys(shelves.data?.folders ?? {}))}
          {choose("producer", w.producer, w.anyProducer, producers.data?.items.filter((one) => one.twin).map((one) => one.name) ?? [])}
          <button type="button" class="button quiet not-phone" aria-pressed={hovers.value}
            onClick={() => localStorage.setItem("twin.hover", (hovers.value = !hovers.value) ? "yes" : "no")}>
            {w.hover}
          </button>
          <span class="soft count">{found && w.takes(shown.length, found.next !== null)}</span>
        </search>
      )}
      {trouble && <Failure trouble={trouble} again={again} />}
      {!found && !trouble && <Ghost height={ROW * 6} />}
      {empty && <NothingYet />}
      {found && !shown.length && shelf && Object.keys(asked).length === 1 && (
        <Empty title={w.shelfEmpty[shelf]}>
          <p>{w.shelfEmptyWhat[shelf]}</p>
        </Empty>
      )}
      {found && !empty && !shown.length && !(shelf && Object.keys(asked).length === 1) && (
        <Empty title={w.none} action={<button type="button" class="button" onClick={() => (setTyped(""), ask(Object.fromEntries(FILTERS.filter((name) => name !== shelf).map((name) => [name, ""]))))}>{w.clear}</button>}>
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

/** What was deleted, and the way back. */
function Trash() {
  const loaded = useLoad("trash", (signal) => api.get("/v1/trash", { query: { limit: PAGE }, signal }));
  useEffect(() => loaded.again(), [takesVersion.value]);
  if (loaded.error && !loaded.data) return <Failure trouble={loaded.error} again={loaded.again} />;
  if (!loaded.data) return <Ghost height={ROW * 3} />;
  if (!loaded.data.items.length) {
    return (
      <Empty title={w.trashEmpty}>
        <p>{w.trashEmptyWhat}</p>
      </Empty>
    );
  }
  return (
    <>
      <ul class="trash">
        {loaded.data.items.map((one) => (
          <li key={one.id}>
            <span class="grow">
              <span class="cut">{one.title || one.names.join(", ")}</span>
              <span class="soft small">{[w.trashKind(one.kind, one.names.length), w.deletedWhen(ago(new Date(one.deleted))), size(one.bytes)].join(" · ")}</span>
            </span>
            <button type="button" class="button" onClick={() => void putBack(one.id)}>
              {w.restore}
            </button>
          </li>
        ))}
      </ul>
      <p class="soft small">{w.trashStays} <a href="/studio">{w.trashEmptied}</a></p>
    </>
  );
}

/** The empty library: the demo take, playable, and the way to one's own. */
function NothingYet() {
  useEffect(() => engine.show(DEMO), []);
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
