/// One track as a row: play, its waveform, what it is, and why it needs a person.
import { Icon } from "../../parts/icons";
import * as engine from "../../player/engine";
import { clock } from "../../strings";
import { said } from "../../strings/tracks";
import { Waveform } from "../../wave/waveform";
import { type Known, type Need, qualityOf, soundOfTrack } from "./store";

export function PlayTrack({ known }: { known: Known }) {
  const sound = soundOfTrack(known);
  const here = engine.sound.value?.key === sound.key;
  const plays = here && engine.playing.value;
  return (
    <button type="button" class="button icon" aria-label={plays ? said.stop(known.track.title) : said.play(known.track.title)} onClick={() => engine.toggle(sound)}>
      <Icon name={plays ? "pause" : "play"} />
    </button>
  );
}

export function TrackRow({ known, needs }: { known: Known; needs: readonly Need[] }) {
  const { track, screen, caption, rating } = known;
  const sound = soundOfTrack(known);
  const here = engine.sound.value?.key === sound.key;
  const quality = screen && qualityOf(screen);
  const facts = [caption?.bpm ? `${Math.round(caption.bpm)} bpm` : "", caption?.key ?? "", quality !== null && quality !== undefined ? `${said.quality} ${quality}` : "", rating ? said.score(rating.score) : ""];
  const flags = (caption?.flags ?? []).map(said.flag);
  const state = needs.length ? "" : !screen ? said.unheard : !caption ? said.undescribed : "";
  return (
    <li class="track">
      <PlayTrack known={known} />
      <div class="name">
        <a class="cut" href={`/tracks/${track.id}`}>{track.title}</a>
        <span class="soft small cut">{[track.producer, track.group].filter(Boolean).join(" · ")}</span>
      </div>
      <Waveform peaks={sound.peaks} seconds={track.seconds} height={40} label={said.waveform(track.title)} played={here ? engine.position.value : 0} />
      <div class="says small">
        {needs.length ? (
          needs.map((one) => (
            <p key={one.why}>
              <span class="bad-text">{one.why}</span>
              {one.detail && <span class="soft">{`: ${one.detail}`}</span>}
              <span class="soft remedy">{one.remedy}</span>
            </p>
          ))
        ) : (
          <>
            <span class="soft cut">{[state, ...facts].filter(Boolean).join(" · ")}</span>
            {flags.length > 0 && <span class="faint cut">{flags.join(", ")}</span>}
          </>
        )}
      </div>
      <span class="faint small">{clock(track.seconds)}</span>
    </li>
  );
}
