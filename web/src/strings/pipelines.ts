/// Words of the place Pipelines: every stage as a sentence.
import { write } from "../parts/number";
import { words } from "../strings";

const percent = (share: unknown): string => `${Math.round(Number(share) * 100)}%`;

export const said = {
  title: "Pipelines",
  what: "A pipeline plays stages in a row: each takes what the one before made, and plays it anew, cleans it, adds to it or chooses.",
  presets: "Ready to use",
  own: "Write your own",
  begin: "Begin with an empty one",
  needs: "works on a take of yours",
  fromWords: "makes music from words",
  back: "All pipelines",
  untitled: "Your pipeline",
  name: "What it is called",
  about: "When to use it",
  stages: "Stages",
  add: "Add a stage",
  kinds: {
    generate: "Make music from words",
    refine: "Play a take again",
    cover: "Play it in another style",
    repaint: "Play a stretch anew",
    morph: "Turn it into something else",
    extract: "Take one stem out",
    lego: "Add one stem",
    complete: "Add the stems that lack",
    mix: "Mix sounds into one",
    select: "Keep the best takes",
  } as Record<string, string>,
  up: (id: string): string => `Move ${id} up`,
  down: (id: string): string => `Move ${id} down`,
  remove: (id: string): string => `Remove ${id}`,
  removed: (id: string): string => `${id}: removed`,
  id: "Name of the stage",
  fields: "Every field",
  sources: "From",
  yours: "your take",
  given: "the take that is given",
  stageSource: (id: string): string => `what ${id} made`,
  takeSource: (id: string): string => `take ${id}`,
  noSource: "choose what it works on",
  keepAudio: "Keep the sound of its takes too",
  wrong: (n: number): string => `${words.count(n, "field")} cannot be used`,
  right: "Every field is right",
  checking: "Being checked",
  run: "Play it",
  runTitle: "Play it now",
  caption: "What should sound",
  captionHint: "dusty boom bap, 90 bpm, A minor",
  captionOwn: (text: string): string => `as it says: ${text}`,
  needsWords: "Say what should sound; then it can be played.",
  needsTake: "Choose the take it works on; then it can be played.",
  source: "The take it works on",
  sourceNone: "Choose a take",
  seconds: "Length",
  batch: "How many takes",
  seed: "Seed",
  seedHint: "drawn anew",
  variant: "All stages by",
  variantOwn: "each stage's own instrument",
  preview: "Hear the takes of every stage",
  running: "Plays now",
  done: "It made",
  picture: "How it flows",
  toml: "As a file",
  copyToml: "Copy the file",
  copied: "The file was copied",
  ownChip: "yours",
  keepUnder: "Keep it in the studio as",
  keepHint: "my-ladder",
  keepWhat: "For this page and for “twin pipeline run”. Until then it stays in this tab.",
  noName: "Small letters, digits, - and _, a letter first",
  keep: "Keep it",
  keepChanges: "Keep the changes",
  keptAs: (name: string): string => `Kept as ${name}`,
  deleteIt: "Delete it",
  deleted: (name: string): string => `${name} went to the trash`,
  reset: "Begin anew",
  unset: "as usual",
  addItem: "Add one",
  removeItem: "Remove it",
  yes: "yes",
  listHint: "one a line",
  json: "as JSON",
  notJson: "this is no JSON",
  of: "to",
  traced: "What made this take",
  tracedWhat: "The stages that made it, to be varied and played again.",
  notThere: "There is no such pipeline",
  missing: (names: string): string => `Not here: ${names}. Fetch it, or let another instrument play all stages.`,
  toStudio: "Fetch an instrument",
};

interface Stage {
  id?: string;
  kind?: string;
  [name: string]: unknown;
}

/** A stage as people would say it: "play it again, 40% anew, by turbo". */
export function sentenceOf(stage: Stage): string {
  const play = (stage["play"] ?? {}) as Record<string, unknown>;
  const prompt = (stage["prompt"] ?? {}) as Record<string, unknown>;
  const by = play["variant"] ? `by ${String(play["variant"])}` : "";
  const batch = Number(play["batch"] ?? 1);
  const steps = play["steps"] ? `in ${words.count(Number(play["steps"]), "step")}` : "";
  const caption = prompt["caption"] ? `as “${String(prompt["caption"])}”` : "";
  const stretch = stage["start"] !== undefined || stage["end"] !== undefined ? `from ${said_(stage["start"], "the start")} to ${said_(stage["end"], "the end")}` : "";
  const stem = String(stage["stem"] ?? "a stem").replaceAll("_", " ");
  const parts: Record<string, string[]> = {
    generate: [batch > 1 ? `make ${batch} takes from words` : "make a take from words", stage["seconds"] ? `${write(Number(stage["seconds"]), 1)} s long` : "", caption],
    refine: ["play it again", `${percent(stage["denoise"] ?? 0.5)} anew`, caption],
    cover: ["play it in another style", `holding on to it at ${percent(stage["strength"] ?? 1)}`, Number(stage["noise_strength"] ?? 0) ? `beginning ${percent(stage["noise_strength"])} in its sound` : "", caption],
    repaint: ["play a stretch anew", stretch, caption],
    morph: ["turn it into something else", caption],
    extract: [`take the ${stem} out`],
    lego: [`add ${stem}`, caption],
    complete: ["add the stems that lack", caption],
    mix: [`mix ${words.count(((stage["inputs"] as unknown[]) ?? []).length, "sound")} into one`],
    select: [`keep ${Number(stage["keep"] ?? 1) === 1 ? "the best take" : `the best ${String(stage["keep"])} takes`}`, `by ${String(stage["by"] ?? "meters")}`],
  };
  const own = parts[stage.kind ?? ""] ?? [said.kinds[stage.kind ?? ""] ?? "do something that is not known"];
  return [...own, batch > 1 && stage.kind !== "generate" ? `${batch} takes` : "", steps, by].filter(Boolean).join(", ");
}

const said_ = (value: unknown, absent: string): string => (value === undefined || value === null ? absent : `${write(Number(value), 2)} s`);
