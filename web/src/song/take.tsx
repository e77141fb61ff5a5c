/// The song of a take: what was written or sketched for it, what is heard in it, and what to take away.
import { useState } from "preact/hooks";
import { address, api, type Schemas, type Take, Trouble } from "../api/client";
import { asTrouble, useLoad } from "../api/load";
import { CopyCommand } from "../parts/copy";
import { Icon } from "../parts/icons";
import { write } from "../parts/number";
import { Failure, Ghost } from "../parts/states";
import { said } from "../strings/song";
import { LeadSheet } from "./chart";

const t = said.take;
export type TakeSong = Schemas["TakeSong"];
export interface Songs {
  /** What was written or sketched. */
  guide: TakeSong | null;
  /** What is heard in the sound. */
  heard: TakeSong | null;
  loading: boolean;
  trouble: Trouble | null;
  /** Whether somebody waits for the sound to be read. */
  hearing: boolean;
  hear: () => Promise<void>;
}

const ask = (take: Take, heard: boolean, signal?: AbortSignal): Promise<TakeSong> =>
  api.get("/v1/takes/{take}/song", { path: { take: take.id }, query: { heard }, ...(signal ? { signal } : {}) });

/** The songs of a take: its guide at once, its sound when it is asked for. */
export function useSongs(take: Take): Songs {
  const guided = take.guide === "band" && (take.stage as { kind?: string }).kind === "generate";
  const loaded = useLoad(`song ${take.id}`, async (signal) => (guided ? ask(take, false, signal) : null));
  const [state, setState] = useState<{ heard: TakeSong | null; trouble: Trouble | null; hearing: boolean }>({ heard: null, trouble: null, hearing: false });
  const hear = async (): Promise<void> => {
    setState({ heard: null, trouble: null, hearing: true });
    try {
      setState({ heard: await ask(take, true), trouble: null, hearing: false });
    } catch (error) {
      setState({ heard: null, trouble: asTrouble(error), hearing: false });
    }
  };
  return { guide: loaded.data ?? null, loading: loaded.loading && guided, ...state, trouble: state.trouble ?? loaded.error ?? null, hear };
}

export function SongPanel({ take, songs }: { take: Take; songs: Songs }) {
  const { guide, heard } = songs;
  return (
    <section class="panel wide take-song">
      <h2>{t.title}</h2>
      {songs.loading && !guide && <Ghost height={96} />}
      {guide && <One take={take} song={guide} />}
      {guide && <Kept take={take} />}
      {!guide && !heard && !songs.loading && <p class="soft">{t.unguided}</p>}
      {heard && (
        <>
          {guide && <h3>{t.heardTitle}</h3>}
          <One take={take} song={heard} />
        </>
      )}
      {songs.trouble && <Failure trouble={songs.trouble} />}
      {!heard && !songs.loading && (
        <div class="row">
          <button type="button" class="button" disabled={songs.hearing} onClick={() => void songs.hear()}>
            {songs.hearing ? t.hearing : t.hear}
          </button>
          <CopyCommand command={["twin", "song", "from", take.id]} />
        </div>
      )}
    </section>
  );
}

function One({ take, song }: { take: Take; song: TakeSong }) {
  const heard = song.origin === "heard";
  return (
    <>
      <p class="row">
        <span class={`chip ${heard ? "unknown" : "known"}`}>{t.origins[song.origin]}</span>
      </p>
      {heard && <ul class="told soft small">{song.chart.notes.map((text) => <li key={text}>{text}</li>)}</ul>}
      <LeadSheet chart={song.chart} label={`${said.sheet}, ${t.origins[song.origin]}`} />
      <div class="row saves" role="group" aria-label={`${t.save}, ${t.origins[song.origin]}`}>
        {(["html", "mid", "toml", "txt", "cho"] as const).map((format) => (
          <a key={format} class="button" download href={address("/v1/takes/{take}/song/export", { take: take.id }, { format, ...(heard ? { heard } : {}) })}>
            <Icon name="export" />
            {t.forms[format]}
          </a>
        ))}
      </div>
    </>
  );
}

/** What of the guide was read back from the sound, each with the figure of the guide's own sound. */
function Kept({ take }: { take: Take }) {
  const meters = take.meters ?? {};
  const rows = ([["chords_root", t.root, t.beats], ["chords_third", t.third, t.beats], ["melody_pitch", t.melody, t.percent], ["form_boundaries", t.form, t.percent]] as const)
    .filter(([name]) => typeof meters[name] === "number");
  if (!rows.length) return null;
  const percent = (value: number): string => write(value * 100, 0);
  return (
    <>
      <h3>{t.kept}</h3>
      <dl class="facts">
        {rows.map(([name, label, unit]) => (
          <>
            <dt>{label}</dt>
            <dd>
              {percent(Number(meters[name]))}<span class="faint">{unit}{typeof meters[`guide_${name}`] === "number" && `; ${t.guideSame(Math.round(Number(meters[`guide_${name}`]) * 100))}`}</span>
            </dd>
          </>
        ))}
      </dl>
    </>
  );
}
