/// A take of a twin in a line: play, waveform, words.
import type { Take } from "../../api/client";
import { Icon } from "../../parts/icons";
import * as engine from "../../player/engine";
import { soundOf } from "../../player/sounds";
import { said } from "../../strings/producers";
import { Waveform } from "../../wave/waveform";

export function TakeLine({ take, step }: { take: Take; step?: number | undefined }) {
  const sound = soundOf(take);
  const here = engine.sound.value?.key === sound.key;
  const plays = here && engine.playing.value;
  return (
    <div class="line">
      <button type="button" class="button icon" aria-label={plays ? said.stop(sound.title) : said.play(sound.title)} onClick={() => engine.toggle(sound)}><Icon name={plays ? "pause" : "play"} /></button>
      <Waveform peaks={sound.peaks} seconds={take.seconds} height={36} label={said.waveform(sound.title)} played={here ? engine.position.value : 0} />
      <a class="cut soft small" href={`/takes/${take.id}`}>{[sound.title, step !== undefined && said.atStep(step), said.seed(take.seed)].filter(Boolean).join(" · ")}</a>
    </div>
  );
}
