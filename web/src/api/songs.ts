/// The songs that are here, to be named in a plan: takes, and files that were brought.
import { said as ears } from "../strings/ears";
import { api, type Schemas } from "./client";
import { nameOf, noteLabels } from "./takes";

/** What file choosers offer as sounds. */
export const SOUND_FILES = "audio/*,.flac,.wav,.mp3,.m4a,.ogg,.aif,.aiff";
const FEW = 100;

export interface KnownSong {
  /** The id of a take or of an asset. */
  source: string;
  name: string;
  seconds: number;
}

/** The newest takes and files; pulled stems are no songs. */
export async function listSongs(signal: AbortSignal): Promise<{ takes: KnownSong[]; files: KnownSong[] }> {
  const [takes, files] = await Promise.all([
    api.get("/v1/takes", { query: { limit: FEW, sample: false }, signal }),
    api.get("/v1/assets", { query: { limit: FEW }, signal }),
  ]);
  noteLabels(takes.items, takes.labels);
  return {
    takes: takes.items.filter((one) => one.task !== "extract").map((one) => ({ source: one.id, name: nameOf(one).slice(0, 200), seconds: one.seconds })),
    files: files.items.map((one: Schemas["Asset"]) => ({ source: one.id, name: (one.name || ears.file.unnamed).slice(0, 200), seconds: one.seconds })),
  };
}
