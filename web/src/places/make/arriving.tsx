/// The takes of Make: rows that wait for what is being made, then the newest. A take comes into the row that waited for it.
import { useEffect, useRef } from "preact/hooks";
import { api, type Take } from "../../api/client";
import { useLoad } from "../../api/load";
import { noteLabels } from "../../api/takes";
import { DEMO } from "../../demo";
import { Icon } from "../../parts/icons";
import { Failure, Ghost } from "../../parts/states";
import { ROW, TakeRow } from "../../parts/takerow";
import * as engine from "../../player/engine";
import { soundOf } from "../../player/sounds";
import { arrived, change, isOver, type Job, jobs, share } from "../../state/jobs";
import { takesVersion } from "../../state/takes";
import { span, words } from "../../strings";
import { Waveform } from "../../wave/waveform";

const w = words.make;
const SHOWN = 12;

/** Takes that a job is to make. */
function countOf(job: Job): number {
  const play = (job.plan as { plan?: { play?: { batch?: number } } }).plan?.play;
  return play?.batch ?? 1;
}

/** Whether a take is one of those that a job makes: its seeds are drawn when it is accepted, and takes know theirs. */
function isOf(take: Take, job: Job): boolean {
  if (job.takes.includes(take.id) || arrived.value.get(job.id)?.includes(take.id)) return true;
  const first = (job.plan as { plan?: { play?: { seed?: number } } }).plan?.play?.seed;
  return first !== undefined && take.seed >= first && take.seed < first + countOf(job) && new Date(take.created).getTime() / 1000 >= job.created - 1;
}

export function Arriving({ onUse }: { onUse: (text: string) => void }) {
  const loaded = useLoad(`newest`, async (signal) => {
    const page = await api.get("/v1/takes", { query: { limit: SHOWN, sample: false }, signal });
    noteLabels(page.items, page.labels);
    return page;
  });
  useEffect(() => loaded.again(), [takesVersion.value]);
  const takes = loaded.data?.items ?? [];
  useEffect(() => {
    if (takes.length) engine.queue.value = takes.map(soundOf);
  }, [loaded.data]);
  const here = new Set(takes.map((take) => take.id));
  const seen = useRef(new Set<string>());
  const making = jobs.value.filter((job) => {
    if (!["make", "edit", "pipeline"].includes(job.kind)) return false;
    if (!isOver(job)) return void seen.current.add(job.id), true;
    return job.state === "succeeded" && seen.current.has(job.id) && job.takes.slice(0, SHOWN).some((take) => !here.has(take));
  });
  // The last row that waits is the one whose place the next take takes, so that nothing else moves.
  const waiting = making.flatMap((job) => {
    const there = takes.filter((take) => isOf(take, job)).length;
    const open = Math.max(0, countOf(job) - there);
    return Array.from({ length: open }, (_, i) => ({ job, now: i === open - 1, key: `${job.id}-${i}` }));
  });
  if (loaded.error && !loaded.data) return <Failure trouble={loaded.error} again={loaded.again} />;
  if (loaded.data && !takes.length && !waiting.length) return <First onUse={onUse} />;
  return (
    <section class="stack" id="takes">
      <div class="row between">
        <h2>{w.takesTitle}</h2>
        <a href="/library">{w.all}</a>
      </div>
      <div class="rows" style={{ minHeight: `${ROW * 3}px` }}>
        {waiting.map(({ job, now, key }) => (
          <Waiting key={key} job={job} now={now} />
        ))}
        {loaded.data ? takes.map((take: Take) => <TakeRow key={take.id} take={take} />) : <Ghost height={ROW * 3} />}
      </div>
    </section>
  );
}

/** The row of a take that is being made: as high as the take will be. */
function Waiting({ job, now }: { job: Job; now: boolean }) {
  const part = share(job);
  const caption = (job.plan as { plan?: { prompt?: { caption?: string } } }).plan?.prompt?.caption;
  const says = job.state === "queued" || !now ? w.waits : [job.progress?.text ?? w.working, part !== null && words.frame.percent(part), job.seconds_left && words.frame.left(span(job.seconds_left))].filter(Boolean).join(" · ");
  return (
    <div class="take-row waiting">
      <span class="pulse" aria-hidden="true">
        <Icon name="make" />
      </span>
      <div class="words">
        <span class="cut">{caption || words.jobs.kind(job.kind)}</span>
        <span class="soft small cut">{says}</span>
      </div>
      <span class="bar">
        <i style={{ transform: `scaleX(${now ? (part ?? 0) : 0})` }} />
      </span>
      <span />
      <span class="acts">
        {now && (
          <button type="button" class="button quiet icon" aria-label={w.cancel} title={w.cancel} onClick={() => void change(job.id, "cancel")}>
            <Icon name="close" />
          </button>
        )}
      </span>
    </div>
  );
}

/** Before anything was made: a take that plays at once, and its words to begin with. */
function First({ onUse }: { onUse: (text: string) => void }) {
  const playing = engine.playing.value && engine.sound.value?.key === DEMO.key;
  const mine = engine.sound.value?.key === DEMO.key;
  return (
    <section class="first panel">
      <div>
        <h2>{w.demoTitle}</h2>
        <p class="soft">{w.demoWhat}</p>
      </div>
      <div class="demo">
        <button type="button" class="button main icon round big" aria-label={w.demoPlay} onClick={() => engine.toggle(DEMO)}>
          <Icon name={playing ? "pause" : "play"} />
        </button>
        <Waveform peaks={DEMO.peaks} seconds={DEMO.seconds} height={96} bar={DEMO.bar} played={mine ? engine.position.value : 0}
          label={words.player.waveform(DEMO.title)} onSeek={(to) => void engine.play(DEMO, to)} />
      </div>
      <div class="row">
        <span class="soft">“{DEMO.title}” · {DEMO.bpm} {words.units.bpm} · {DEMO.key_}</span>
        <button type="button" class="button" onClick={() => onUse(DEMO.title)}>
          {w.demoUse}
        </button>
      </div>
    </section>
  );
}
