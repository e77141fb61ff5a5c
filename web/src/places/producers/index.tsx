/// Producers: a card each with what the twin learned in one sentence, its picture, and how it sounds.
import { useState } from "preact/hooks";
import { api, type Take, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { putBack } from "../../api/takes";
import { CopyCommand } from "../../parts/copy";
import { Empty, Failure, Ghost } from "../../parts/states";
import { isOver, jobs, share, submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { takesChanged, takesVersion } from "../../state/takes";
import { words } from "../../strings";
import { Blind } from "../../listening/blind";
import { later } from "../../parts/later";
import { said as improving } from "../../strings/improve";
import { said } from "../../strings/producers";
import { Dots } from "./dots";
import { type Figures, gainOf, type ProofFacts, readFigures } from "./proof";
import { ProofPage } from "./proofpage";
import { ReleaseOf, Releases } from "./releases";
import { TakeLine } from "./takeline";
import "./producers.css";

const Improve = later<{ producer: string }>(async () => (await import("../improve")).Improve);
const TAKES = 3;
const LOOKED = 200;

export function Producers({ rest }: { rest: readonly string[] }) {
  const [first = "", second = ""] = rest;
  if (first === "proof" && second) return <ProofPage id={second} />;
  if (first === "release" && second) return <ReleaseOf id={second} />;
  if (first && second === "listen") return <Blind producer={first} />;
  if (first && second === "releases") return <Releases producer={first} />;
  if (first && second === "improve") return <Improve producer={first} />;
  return <All only={first} />;
}

interface Shown {
  name: string;
  tracks: number;
  twin: { slug: string } | null;
  adapter: { card: Record<string, string> } | null;
  versions: number;
  takes: readonly Take[];
  /** At which step of its training each sample among them was played. */
  steps: ReadonlyMap<string, number>;
  proof: ProofFacts | null;
  figures: Figures | null;
}

/** Everybody, with the newest proof of each twin and the newest takes that it played. */
async function loadProducers(signal: AbortSignal): Promise<Shown[]> {
  const [producers, proofs, runs, takes] = await Promise.all([
    api.get("/v1/producers", { query: { limit: 100 }, signal }),
    api.get("/v1/proofs", { query: { limit: 100 }, signal }),
    api.get("/v1/runs", { query: { limit: 200 }, signal }),
    api.get("/v1/takes", { query: { limit: LOOKED }, signal }),
  ]);
  const runsOf = (name: string): Set<string> => new Set(runs.items.filter((one) => one.run.producer === name).map((one) => one.run.id));
  return Promise.all(
    producers.items.map(async (one): Promise<Shown> => {
      const slug = (one.twin as { slug?: string } | null)?.slug ?? "";
      const own = runsOf(one.name);
      const proof = (proofs.items as ProofFacts[]).find((each) => (each.run ? own.has(each.run) : each.name === slug)) ?? null;
      const figures = proof ? await readFigures(proof.id, signal).catch(() => null) : null;
      const played = takes.items.filter((take) => take.adapters.some((each) => each.name === one.name || each.name === slug) || own.has(take.session ?? ""));
      const shown = played.slice(0, TAKES);
      const sampled = [...new Set(shown.flatMap((take) => (take.session && own.has(take.session) ? [take.session] : [])))];
      const details = await Promise.all(sampled.map((run) => api.get("/v1/runs/{run}", { path: { run }, signal })));
      const steps = new Map(details.flatMap((run) => run.samples.map((each) => [String(each["take"]), Number(each["step"])] as const)));
      return { name: one.name, tracks: one.tracks, twin: slug ? { slug } : null, adapter: one.adapter as Shown["adapter"], versions: one.versions ?? 0, takes: shown, steps, proof, figures };
    }),
  );
}

function All({ only }: { only: string }) {
  const work = jobs.value.filter((job) => ["train", "prove", "ingest"].includes(job.kind));
  const found = useLoad(`producers${work.filter(isOver).length}.${takesVersion.value}`, loadProducers);
  const [kept, setKept] = useState<Shown[] | null>(null);
  if (found.data && found.data !== kept) setKept(found.data);
  const shown = found.data ?? kept;
  if (found.error && !shown) return <Failure trouble={found.error} again={found.again} />;
  if (!shown) return <Ghost height={420} />;
  return (
    <div class="producers stack">
      <h1>{said.title}</h1>
      {shown.length === 0 && <Empty title={said.emptyTitle} action={<a class="button main" href="/tracks">{said.toTracks}</a>}><p>{said.empty}</p></Empty>}
      <div class="stack">
        {shown.filter((one) => !only || one.name === only || one.twin?.slug === only).map((one) => <Card key={one.name} one={one} />)}
      </div>
      {only && <p><a href="/producers">{said.back}</a></p>}
    </div>
  );
}

function Card({ one }: { one: Shown }) {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const works = jobs.value.find((job) => !isOver(job) && ((job.kind === "prove" && job.plan["subject"] === one.name) || (job.kind === "train" && job.plan["producer"] === one.name)));
  const gain = one.figures && gainOf(one.figures);
  const card = one.adapter?.card ?? {};
  const prove = (): void => {
    setTrouble(null);
    submit("prove", { subject: one.name }, crypto.randomUUID()).then(() => say(said.asked), (error: unknown) => setTrouble(asTrouble(error)));
  };
  const remove = (): void => {
    setTrouble(null);
    api.delete("/v1/producers/{producer}/twin", { path: { producer: one.name } }).then(
      (entry) => (takesChanged(), say(said.twinDeleted(one.name), { action: { label: words.undo, run: () => void putBack(entry.id) } })),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  const train = `/tracks/train?producer=${encodeURIComponent(one.name)}`;
  const part = works ? share(works) : null;
  return (
    <article class="panel producer">
      <header>
        <h2>{one.name}</h2>
        <p class="soft small">{[said.tracks(one.tracks), one.twin ? said.twinOn(card["variant"] ?? "", card["steps"] ?? "") : said.noTwin, one.versions ? said.versions(one.versions) : ""].filter(Boolean).join(" · ")}</p>
      </header>
      <div class="learned">
        <p class="answer">{one.figures?.answer || (one.twin ? (one.proof ? said.unreadHere : said.unproven) : said.noTwinWhat)}</p>
        {gain && <Dots gain={gain} />}
      </div>
      {works && (
        <p class="works row small">
          <a class="chip known" href={`/jobs/${works.id}`}>{works.kind === "prove" ? said.proving : said.training}</a>
          <span class="bar grow"><i style={{ transform: `scaleX(${part ?? 0})` }} /></span>
        </p>
      )}
      {one.twin && (
        <div class="sounds">
          <h3 class="label">{said.takes}</h3>
          {one.takes.length === 0 && <p class="faint small">{said.noTakes}</p>}
          {one.takes.map((take) => <TakeLine key={take.id} take={take} step={one.steps.get(take.id)} />)}
        </div>
      )}
      {trouble && <Failure trouble={trouble} />}
      <footer class="row">
        {one.proof && <a class={`button${one.twin && one.figures ? " main" : ""}`} href={`/producers/proof/${one.proof.id}`}>{said.proof}</a>}
        {one.twin && !works && <button type="button" class={`button${one.figures ? "" : " main"}`} onClick={prove}>{one.proof ? said.proveAgain : said.prove}</button>}
        {one.twin && <a class="button" href={`/make?producer=${encodeURIComponent(one.name)}&variant=${encodeURIComponent(card["variant"] ?? "nano")}`}>{said.make}</a>}
        <a class={`button${one.twin ? "" : " main"}`} href={train}>{one.twin ? said.trainAgain : said.train}</a>
        {one.twin && <a class="button" href={`/producers/${encodeURIComponent(one.name)}/listen`}>{said.listen}</a>}
        {one.twin && <a class="button" href={`/producers/${encodeURIComponent(one.name)}/releases`}>{said.release}</a>}
        {one.twin && <a class="button" href={`/producers/${encodeURIComponent(one.name)}/improve`}>{improving.link}</a>}
        <span class="grow" />
        {one.twin && !works && <button type="button" class="button quiet" onClick={remove}>{said.deleteTwin}</button>}
        <CopyCommand command={one.twin ? ["twin", "prove", one.name] : ["twin", "train", one.name]} />
      </footer>
    </article>
  );
}
