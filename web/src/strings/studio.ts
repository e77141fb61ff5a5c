/// Words of the place Studio.
import { words } from "../strings";

export const said = {
  title: "Studio",
  health: "Health",
  well: "All is well",
  troubles: (n: number): string => `${n === 1 ? "One thing needs" : `${n} things need`} you`,
  lookAgain: "Look again",
  everything: (n: number): string => `All ${n} findings`,
  machine: "Machine",
  noFinding: "Nothing found",
  instruments: "Instruments",
  instrumentsWhat: "What plays. Nano is part of the program; the larger ones are fetched once and then work without a network.",
  planners: "Planners",
  plannersWhat: "They turn an idea into caption and lyrics before anything is played.",
  present: "here",
  fetch: "Fetch",
  fetching: "Being fetched",
  waits: "Waits to be fetched",
  fetchLabel: (name: string, size: string): string => `Fetch ${name}, ${size}`,
  cannot: "It could not be fetched",
  again: "Try again",
  steps: (n: number): string => words.count(n, "step"),
  part: "part of the program",
  fits: (free: string): string => `${free} free`,
  tooLarge: (size: string, free: string): string => `needs ${size}, and ${free} are free`,
  tests: "For tests only",
  workers: "Workers",
  workersWhat: "They do the jobs, beside this page. One comes with twin serve.",
  worker: "Worker",
  device: "On",
  queues: "Takes",
  beat: "Last heard of",
  state: "State",
  states: { alive: "works", gone: "has gone home", dead: "does not answer" } as Record<string, string>,
  queueNames: { gpu: "music", cpu: "reading" } as Record<string, string>,
  noWorker: "No worker was here yet",
  counts: (queued: number, running: number): string => `${running} running, ${queued} waiting`,
  deaths: (n: number): string => `${words.count(n, "worker")} died since the server began`,
  more: "One more worker",
  doors: "Other browsers",
  doorsWhat: "A link lets one more browser in, once, within an hour. Only give it to yourself.",
  link: "Make a link",
  linkMade: "The link, for one browser, within an hour",
  copyLink: "Copy the link",
  copied: "The link was copied",
  trash: "Trash",
  trashWhat: "What was deleted lies here until the trash is emptied.",
  trashEmpty: "Nothing was deleted, or the trash was emptied. What you delete comes here first, and can be brought back.",
  restore: "Bring back",
  restored: (title: string): string => `${title}: back in its place`,
  andMore: (n: number): string => `and ${n} more`,
  emptyTrash: "Empty the trash",
  sure: (n: number): string => `${words.count(n, "deletion")} for good?`,
  emptyNow: "Remove for good",
  keepIt: "Keep it",
  emptied: (size: string): string => `The trash was emptied: ${size} freed`,
  disk: "Disk",
  sounds: "Takes and tracks",
  soundsOf: (takes: number, tracks: number): string => `${words.count(takes, "take")}, ${words.count(tracks, "track")}`,
  uploaded: "Uploads",
  models: "Instruments and planners",
  none: "none",
  keep: "Keep",
  kept: (name: string): string => `${name}: kept`,
  fixed: "Said by the environment of twin serve, which wins",
  config: "Settings",
  configWhat: "Said once, and taken by every command and by this page where nothing else is said.",
  limits: "What is taken",
  upload: "One sound, at most",
  uploads: "All uploads together",
  length: "Length of a take",
  version: "Version",
  reads: "Reads",
  writes: "Writes",
  from: (a: string, b: string): string => `${a} to ${b}`,
};

/** Bytes as people read them: 59 MB, 6.9 GB. */
export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = n / 1000;
  let at = 0;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}
