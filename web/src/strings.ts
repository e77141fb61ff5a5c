/// Every word of the page, in one place. Places that are large keep theirs in `strings/NAME.ts`, gathered here.
import { library } from "./strings/library";
import { make } from "./strings/make";
import { take } from "./strings/take";

const count = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

export const words = {
  name: "Producer Twin",
  places: {
    make: "Make",
    library: "Library",
    albums: "Albums",
    tracks: "Tracks",
    producers: "Producers",
    pipelines: "Pipelines",
    jobs: "Jobs",
    studio: "Studio",
    desk: "Desk",
    listen: "Listen",
    take: "Take",
  },
  frame: {
    places: "Places",
    skip: "Skip to the place",
    search: "Find anything",
    keys: "All keys",
    theme: (to: string) => `Switch to ${to}`,
    quiet: "Nothing runs",
    offline: "The studio does not answer; trying again",
    backAgain: "The studio answers again",
    more: (n: number) => `${n} more ${n === 1 ? "waits" : "wait"}`,
    left: (text: string) => `${text} left`,
    percent: (share: number) => `${Math.round(share * 100)}%`,
    notThere: "There is no such place",
    notLoaded: "This place could not be loaded.",
    reload: "See whether twin serve still runs, and load the page anew.",
    toMake: "Go to Make",
    comes: "Not built yet",
  },
  locked: {
    title: "This studio is locked",
    what: "Open the link that twin serve printed: it lets this browser in, once and within an hour.",
    how: "The link was used, or is gone? Stop twin serve and start it again: it prints a new one.",
  },
  player: {
    name: "Player",
    play: "Play",
    pause: "Pause",
    nothing: "Nothing plays",
    volume: "Volume",
    loop: "Repeat",
    loopOff: "Repeat nothing",
    loopHint: "Repeat the four bars that play",
    a: "Hear A",
    b: "Hear B",
    x: "Hear X",
    compareClose: "End the comparison",
    matched: "Match loudness",
    match: "Match",
    waveform: (title: string) => `Waveform of ${title}`,
    position: "Position",
    blocked: "The browser lets a page play only after a click. Press Space.",
    cannotPlay: "This sound cannot be played here. Export it as WAV or MP3 and listen to that.",
    compare: "Compare",
    comparing: (a: string, b: string) => `A: ${a} · B: ${b}`,
    open: "Show the waveform",
    close: "Hide the waveform",
  },
  keys: {
    title: "Keys",
    play: "Play or stop",
    next: "Next take",
    previous: "Previous take",
    ab: "Switch between A and B",
    like: "Like the take",
    repaint: "Repaint the region",
    nudgeBack: "Move the region 10 ms back",
    nudgeOn: "Move the region 10 ms on",
    nudgeBackBeat: "Move the region a beat back",
    nudgeOnBeat: "Move the region a beat on",
    palette: "Find anything",
    help: "All keys",
    close: "Close",
  },
  palette: {
    title: "Find anything",
    hint: "A place, an action, or words of a take",
    none: "Nothing is called that",
    goTo: (place: string) => `Go to ${place}`,
    take: "Take",
    place: "Place",
    verb: "Action",
  },
  error: {
    copy: "Copy diagnostics",
    copied: "Copied",
    again: "Try again",
  },
  command: {
    copy: "Copy as command",
    of: (text: string) => `Copy as command: ${text}`,
    copied: (text: string) => `Copied: ${text}`,
  },
  undo: "Undo",
  library,
  make,
  take,
  jobs: {
    kinds: {
      make: "Making takes",
      edit: "Playing a take anew",
      pipeline: "Running a pipeline",
      ingest: "Bringing tracks in",
      screen: "Listening to tracks",
      dataset: "Building a training set",
      encode: "Preparing a training set",
      train: "Training a twin",
      twin: "Learning and proving a twin",
      stems: "Making stems",
      mix: "Mixing stems",
      desk: "Setting a desk by the rules",
      "measure-nano": "Measuring nano",
      "measure-embedder": "Measuring the embedder",
      "measure-band": "Measuring the house band",
      "measure-ears": "Measuring the detectors",
      prove: "Proving a twin",
      caption: "Describing tracks",
      split: "Building a training set",
      pull: "Fetching a variant",
      listen: "Preparing a blind test",
      verify: "Checking every file",
      inspect: "Listening for defects",
      repair: "Repairing",
      pairs: "Making pairs of takes",
      decode: "Decoding takes",
      improve: "Making a twin better",
      release: "Releasing a twin",
      "check-release": "Checking a release",
      produce: "Making an album",
    } as Record<string, string>,
    states: {
      queued: "waits",
      running: "runs",
      waiting: "waits for room",
      stopping: "stops",
      succeeded: "done",
      failed: "failed",
      cancelled: "cancelled",
    },
    kind: (kind: string): string => words.jobs.kinds[kind] ?? kind,
    done: (kind: string, takes: number) => (takes ? `${count(takes, "take")} made` : `${words.jobs.kind(kind)}: done`),
    failed: (kind: string, why: string) => `${words.jobs.kind(kind)} failed${why ? `: ${why}` : ""}`,
    cancel: "Cancel",
    retry: "Try again",
  },
  units: { s: "s", min: "min", bpm: "bpm", lufs: "LUFS", db: "dB", ms: "ms", bars: "bars", percent: "%" },
  count,
};

/** A text for people, in which a hash is cut to its first letters: whole ones are in the diagnostics and the log. */
export const withoutHashes = (text: string): string => text.replace(/\bb2:([0-9a-f]{6})[0-9a-f]{10,}/g, "b2:$1…");

/** A sentence of the server for people: a hyphen before a figure is a minus. */
export const typeset = (text: string): string => text.replace(/(^|[\s(])-(?=\.?\d)/g, "$1−");

/** A time as people read it: `1:05`, or `1:05.2`. */
export function clock(seconds: number, digits = 0): string {
  const whole = Math.max(0, digits ? Math.round(seconds * 10 ** digits) / 10 ** digits : Math.floor(seconds + 1e-6));
  const minutes = Math.floor(whole / 60);
  const rest = (whole - minutes * 60).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return `${minutes}:${rest}`;
}

/** A length as people say it: `8 s`, `3 min 20 s`, `1 h 5 min`. */
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 >= 1 && minutes < 10 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The time of day: `14:03:09`. */
export const time = (then: Date): string => then.toLocaleTimeString("en-GB");

/** How long ago: `just now`, `5 min ago`, `yesterday`, `12 Nov`. */
export function ago(then: Date, now = new Date()): string {
  const seconds = (now.getTime() - then.getTime()) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 172_800) return "yesterday";
  return then.toLocaleDateString("en", { day: "numeric", month: "short" });
}

/** A size as people read it: `4.2 MB`. */
export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  for (; bytes >= 1000 && at < units.length - 1; at++) bytes /= 1000;
  return `${at ? bytes.toFixed(1) : bytes} ${units[at]}`;
}
