/// What is read of the songs that an album is to be like: each is asked for once, one after the other, for the server reads one at a time.
import { useEffect, useState } from "preact/hooks";
import { api, type Schemas, Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";

export type Reference = Schemas["Reference"];
/** A take, or a file that was brought. */
export interface LikeSong {
  id: string;
  name: string;
  seconds: number;
}
/** What was read of each song by its id, or why it cannot be used; nothing while it is being read. */
type Found = Readonly<Record<string, Reference | Trouble>>;

export interface Readings {
  of: (song: LikeSong) => Reference | Trouble | undefined;
  /** The songs that can be used, in their order. */
  usable: readonly LikeSong[];
  /** The song that is being read. */
  now: LikeSong | undefined;
  fail: (song: LikeSong, trouble: Trouble) => void;
  again: (song: LikeSong) => void;
}

export const isRead = (found: Reference | Trouble | undefined): found is Reference => Boolean(found) && !(found instanceof Trouble);

export function useReadings(songs: readonly LikeSong[]): Readings {
  const [found, setFound] = useState<Found>({});
  const now = songs.find((one) => !found[one.id]);
  const put = (id: string, what: Reference | Trouble): void => setFound((old) => ({ ...old, [id]: what }));
  useEffect(() => setFound((old) => Object.fromEntries(Object.entries(old).filter(([id, what]) => isRead(what) || songs.some((one) => one.id === id)))), [songs]);
  useEffect(() => {
    if (!now) return;
    const control = new AbortController();
    api.post("/v1/albums/references", { body: { song: now.id } as never, signal: control.signal }).then(
      (reference) => put(now.id, reference),
      (error: unknown) => control.signal.aborted || put(now.id, asTrouble(error)),
    );
    return () => control.abort();
  }, [now?.id]);
  return {
    of: (song) => found[song.id],
    usable: songs.filter((one) => isRead(found[one.id])),
    now,
    fail: (song, trouble) => put(song.id, trouble),
    again: (song) => setFound(({ [song.id]: _, ...rest }) => rest),
  };
}
