/// A job in words: what it is about, read from what was asked.
import type { Job } from "../../state/jobs";
import { said } from "../../strings/jobs";

type Plan = Record<string, unknown>;
const inner = (value: unknown, name: string): unknown => (value && typeof value === "object" ? (value as Plan)[name] : undefined);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** What a job is about, in a few words; empty where its plan says nothing that a person would say. */
export function aboutOf(job: Pick<Job, "kind" | "plan">): string {
  const plan = job.plan as Plan;
  switch (job.kind) {
    case "make":
    case "edit": {
      const asked = inner(plan, "plan");
      return text(inner(inner(asked, "prompt"), "caption")) || text(inner(asked, "kind"));
    }
    case "pipeline": {
      const pipeline = inner(plan, "pipeline");
      const stages = inner(pipeline, "stages");
      const title = text(inner(pipeline, "title")) || text(inner(inner(plan, "run"), "pipeline"));
      return [title, Array.isArray(stages) ? said.stages(stages.length) : ""].filter(Boolean).join(" · ");
    }
    case "ingest":
    case "dataset": {
      const tracks = inner(plan, "tracks") ?? inner(inner(plan, "build"), "ingest");
      return text(inner(tracks, "producer"));
    }
    case "train":
      return [text(plan["producer"]), text(plan["variant"]) && said.on(text(plan["variant"]))].filter(Boolean).join(" ");
    case "listen":
      return text(inner(plan["test"], "title"));
    case "prove":
    case "release":
      return text(plan["subject"]);
    case "inspect":
    case "repair":
      return Array.isArray(plan["only"]) ? plan["only"].map((kind) => text(kind).replaceAll("_", " ")).join(", ") : "";
    case "pull":
      return text(plan["variant"]);
    default:
      return text(plan["producer"]) || text(plan["dataset"]);
  }
}

/** Where what a job made can be seen. */
export function resultsOf(job: Job): { name: string; href: string }[] {
  const found = job.takes.length ? [{ name: said.takes(job.takes.length), href: job.takes.length === 1 ? `/takes/${job.takes[0]}` : "/library" }] : [];
  for (const thing of job.things) {
    if (thing.kind === "run") found.push({ name: said.run, href: `/tracks/runs/${thing.id}` });
    if (thing.kind === "dataset") found.push({ name: said.dataset, href: `/tracks/sets/${thing.id}` });
    if (thing.kind === "test") found.push({ name: said.test, href: `/producers/${encodeURIComponent(text(inner(inner(job.plan, "test"), "title")) || "studio")}/listen?test=${thing.id}` });
    if (thing.kind === "release") found.push({ name: said.release, href: `/producers/release/${thing.id}` });
    if (thing.kind === "album") found.push({ name: said.album, href: `/albums/${thing.id}` });
    if (thing.kind === "proof") found.push({ name: said.proof, href: `/producers/proof/${thing.id}` });
  }
  return found;
}

/** The take or file that a job works on, where it is one of the studio's. */
export function subjectOf(job: Pick<Job, "kind" | "plan">): { name: string; href: string } | null {
  const plan = job.plan as Plan;
  if (job.kind === "produce" && text(plan["album"])) return { name: said.album, href: `/albums/${text(plan["album"])}` };
  const heard = ["inspect", "repair"].includes(job.kind); // of other kinds it is a twin
  const named = (heard && text(plan["subject"])) || text(inner(inner(plan, "plan"), "source")) || text(inner(inner(inner(plan, "plan"), "source"), "take"));
  if (/^[0-9a-z]{12}$/.test(named)) return { name: said.itsTake, href: `/takes/${named}` };
  return /^b2:/.test(named) ? { name: said.itsFile, href: `/library/inspect/${encodeURIComponent(named)}` } : null;
}

/** Its command on the command line, by its id. */
export const commandOf = (job: Job): string[] => ["twin", "jobs", "show", job.id];
