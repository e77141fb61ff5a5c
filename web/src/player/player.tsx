/// The player along the bottom: it never goes away, whatever place is shown.
import { useState } from "preact/hooks";
import { Icon } from "../parts/icons";
import { clock, words } from "../strings";
import { Waveform } from "../wave/waveform";
import { Stars } from "../verdicts/stars";
import * as engine from "./engine";
import { nameOfTake } from "./sounds";

const w = words.player;

export function Player() {
  const [open, setOpen] = useState(false);
  const sound = engine.sound.value;
  const two = engine.slots.value.b !== null;
  const playing = engine.playing.value;
  return (
    <section class={`player${open ? " open" : ""}`} aria-label={w.name}>
      <button type="button" class="button main play icon" disabled={!sound} aria-label={playing ? w.pause : w.play}
        onClick={() => sound && engine.toggle(sound)}>
        <Icon name={playing ? "pause" : "play"} />
      </button>
      <div class="what">
        {sound ? (
          <a class="cut" href={sound.place} title={sound.title}>
            {sound.title}
          </a>
        ) : (
          <span class="soft">{engine.elsewhere.value || w.nothing}</span>
        )}
        {sound && (
          <span class="soft small">
            <Time /> / {clock(sound.seconds)}
          </span>
        )}
      </div>
      {sound ? <PlayerWave sound={sound} /> : <div class="wave" />}
      <div class="controls">
        {nameOfTake(sound) && <Stars take={nameOfTake(sound)} title={sound!.title} />}
        {two && (
          <span class="ab" role="group" aria-label={w.compare}>
            {(["a", "b", "x"] as const).filter((slot) => engine.slots.value[slot]).map((slot) => (
              <button key={slot} type="button" class="button icon" aria-pressed={engine.active.value === slot} aria-label={w[slot]}
                title={engine.slots.value[slot]?.title} onClick={() => engine.swap(slot)}>
                {slot.toUpperCase()}
              </button>
            ))}
            <button type="button" class="button quiet icon" aria-label={w.compareClose} title={w.compareClose} onClick={engine.closeCompare}>
              <Icon name="close" />
            </button>
          </span>
        )}
        <span class="controls more">
          <LoopButton />
          <button type="button" class="button quiet small" aria-pressed={engine.matched.value} title={w.matched} aria-label={w.matched}
            onClick={() => (engine.matched.value = !engine.matched.value)}>
            {w.match}
          </button>
          <Icon name="volume" />
          <input class="volume" type="range" min="0" max="1" step="0.01" aria-label={w.volume} value={engine.volume.value}
            onInput={(event) => (engine.volume.value = Number(event.currentTarget.value))} />
        </span>
        <button type="button" class="button quiet icon only-phone" aria-label={open ? w.close : w.open} aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? "down" : "up"} />
        </button>
      </div>
    </section>
  );
}

function Time() {
  return <>{clock(engine.position.value)}</>;
}

function LoopButton() {
  const loop = engine.loop.value;
  const sound = engine.sound.value;
  const set = (): void => {
    if (loop || !sound) return engine.setLoop(null);
    const four = sound.bar ? sound.bar * 4 : Math.min(8, sound.seconds);
    const start = Math.floor(engine.position.value / four) * four;
    engine.setLoop({ start, end: Math.min(sound.seconds, start + four) });
  };
  return (
    <button type="button" class="button quiet icon" disabled={!sound} aria-pressed={loop !== null} aria-label={loop ? w.loopOff : w.loopHint}
      title={loop ? w.loopOff : w.loopHint} onClick={set}>
      <Icon name="loop" />
    </button>
  );
}

function PlayerWave({ sound }: { sound: engine.Sound }) {
  const at = engine.position.value;
  const key = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -5, ArrowRight: 5, Home: -Infinity, End: Infinity }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    engine.seek(Number.isFinite(by) ? at + by : by < 0 ? 0 : sound.seconds);
  };
  return (
    <div class="seek" role="slider" tabindex={0} aria-label={w.position} aria-valuemin={0} aria-valuemax={Math.round(sound.seconds)}
      aria-valuenow={Math.round(at)} aria-valuetext={`${clock(at)} / ${clock(sound.seconds)}`} onKeyDown={key}>
      <Waveform peaks={sound.peaks} seconds={sound.seconds} height={48} played={at} loop={engine.loop.value} bar={sound.bar}
        label={w.waveform(sound.title)} onSeek={engine.seek} />
    </div>
  );
}
