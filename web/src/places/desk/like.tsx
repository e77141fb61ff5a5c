/// A finished song that the automatic mix comes near: a take, or a file that was or is brought.
import { useState } from "preact/hooks";
import type { Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { listSongs, SOUND_FILES } from "../../api/songs";
import { Icon } from "../../parts/icons";
import { Failure } from "../../parts/states";
import { takesVersion } from "../../state/takes";
import { clock } from "../../strings";
import { said } from "../../strings/desk";
import { sendFile } from "../tracks/uploads";
import { inputs } from "./store";

/** The id of a take or of an asset, and what it is called. */
export interface Song {
  source: string;
  name: string;
}

export function Like({ song, onChoose }: { song: Song | null; onChoose: (song: Song | null) => void }) {
  const [sent, setSent] = useState("");
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const found = useLoad(`songs ${takesVersion.value}`, listSongs);
  const there = new Set(inputs.value.map((one) => one.source));
  const groups = [
    { title: said.likeFiles, songs: found.data?.files ?? [] },
    { title: said.likeTakes, songs: found.data?.takes ?? [] },
  ].map(({ title, songs }) => ({ title, songs: songs.filter((one) => !there.has(one.source)) }));
  const known = groups.flatMap((one) => one.songs);
  const choose = (source: string): void => {
    const one = known.find((other) => other.source === source);
    onChoose(one ? { source, name: one.name } : null);
  };
  const bring = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setTrouble(null);
    try {
      const source = await sendFile(file, (state, share) => setSent(state === "goes" ? said.sending(file.name, share) : said.reading(file.name)));
      onChoose({ source, name: file.name.slice(0, 200) });
      found.again();
    } catch (error) {
      setTrouble(asTrouble(error));
    } finally {
      setSent("");
    }
  };
  return (
    <>
      <label class="field">
        <span>{said.like}</span>
        <select value={song?.source ?? ""} title={said.likeWhat} onChange={(event) => choose(event.currentTarget.value)}>
          <option value="">{said.likeNone}</option>
          {song && !known.some((one) => one.source === song.source) && <option value={song.source}>{song.name}</option>}
          {groups.filter((one) => one.songs.length > 0).map(({ title, songs }) => (
            <optgroup key={title} label={title}>
              {songs.map((one) => <option key={one.source} value={one.source}>{`${one.name.slice(0, 60)} · ${clock(one.seconds)}`}</option>)}
            </optgroup>
          ))}
        </select>
      </label>
      <div class="row">
        <label class="button quiet">
          <Icon name="export" />
          {said.likeBring}
          <input type="file" class="hidden" accept={SOUND_FILES} onChange={(event) => (void bring(event.currentTarget.files?.[0]), (event.currentTarget.value = ""))} />
        </label>
        <span class="soft small" role="status">{sent}</span>
      </div>
      {song && <p class="soft small">{said.likeWhat}</p>}
      {trouble && <Failure trouble={trouble} />}
    </>
  );
}
