/// A take as a row: play, words, waveform, length, like, compare. The same in Make and in Library.
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import type { Take } from "../api/client";
import { isLiked, like } from "../api/takes";
import * as engine from "../player/engine";
import { bpmOf, soundOf } from "../player/sounds";
import { signal } from "@preact/signals";
import { ago, clock, words } from "../strings";
import { Waveform } from "../wave/waveform";
import { Stars } from "../verdicts/stars";
import { Icon } from "./icons";

export const ROW = 72;
/** Whether takes play while the pointer rests on their waveform. */
export const hovers = signal(localStorage.getItem("twin.hover") !== "no");
const REST_MS = 350;

const w = words.library;

export function TakeRow({ take, children, selected = false }: { take: Take; children?: ComponentChildren; selected?: boolean }) {
  const sound = soundOf(take);
  const mine = engine.sound.value?.key === sound.key;
  const playing = mine && engine.playing.value;
  const liked = isLiked(take);
  const rest = useRef<{ timer: number; started: boolean }>({ timer: 0, started: false });
  const enter = (event: PointerEvent): void => {
    if (!hovers.value || event.pointerType !== "mouse" || engine.playing.value) return;
    rest.current.timer = window.setTimeout(() => ((rest.current.started = true), void engine.play(sound)), REST_MS);
  };
  const leave = (): void => {
    clearTimeout(rest.current.timer);
    if (rest.current.started && engine.sound.value?.key === sound.key) engine.pause();
    rest.current.started = false;
  };
  const seek = (to: number): void => {
    rest.current.started = false;
    if (mine) (engine.seek(to), playing || void engine.resume());
    else void engine.play(sound, to);
  };
  return (
    <div class={`take-row${mine ? " mine" : ""}${selected ? " selected" : ""}`}>
      <button type="button" class="button icon round" aria-label={(playing ? w.pause : w.play)(sound.title)} onClick={() => engine.toggle(sound)}>
        <Icon name={playing ? "pause" : "play"} />
      </button>
      <div class="words">
        <a class="cut" href={sound.place} title={sound.title}>
          {sound.title}
        </a>
        <span class="soft small cut">{factsOf(take)}</span>
      </div>
      <div class="wave-cell" onPointerEnter={enter} onPointerLeave={leave}>
        <Waveform peaks={sound.peaks} seconds={sound.seconds} height={40} played={mine ? engine.position.value : 0}
          loop={mine ? engine.loop.value : null} label={words.player.waveform(sound.title)} onSeek={seek} />
      </div>
      <span class="length soft small">{clock(take.seconds)}</span>
      <span class="acts">
        {children ?? (
          <>
            <Stars take={take.id} title={sound.title} />
            <button type="button" class="button quiet icon" aria-pressed={liked} aria-label={w.like(sound.title)} onClick={() => void like(take, !liked)}>
              <Icon name="like" filled={liked} />
            </button>
            <button type="button" class="button quiet icon not-phone" disabled={!engine.sound.value || engine.slots.value.a?.key === sound.key}
              aria-label={w.compare(sound.title)} title={words.take.compareWith} onClick={() => void engine.compare(sound)}>
              <Icon name="compare" />
            </button>
          </>
        )}
      </span>
    </div>
  );
}

/** `90 bpm · A minor · 5 min ago`. */
export function factsOf(take: Take): string {
  const bpm = bpmOf(take);
  const task = take.task === "text2music" ? "" : take.task;
  return [take.session && w.sampleOf(take.seed), task, bpm && `${Math.round(bpm)} ${words.units.bpm}`, take.metas?.key, ago(new Date(take.created))].filter(Boolean).join(" · ");
}
