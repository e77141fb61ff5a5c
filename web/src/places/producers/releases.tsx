/// The releases of a producer's twin: each as a card with what is inside, how it was checked and what it lacks; and a new one.
import { useState } from "preact/hooks";
import { address, api, type Schemas, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { putBack } from "../../api/takes";
import { CopyCommand } from "../../parts/copy";
import { Icon } from "../../parts/icons";
import { Empty, Failure, Ghost } from "../../parts/states";
import { isOver, type Job, jobs, share, submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { ago, size, words } from "../../strings";
import { said as producers } from "../../strings/producers";
import { said } from "../../strings/releases";
import { NewRelease } from "./newrelease";
import { TakeLine } from "./takeline";

/** What of a model card is for the hub's programs. */
const HEAD = /^---\n[\s\S]*?\n---\n+/;

type Facts = Schemas["ReleaseFacts"];

/** The place of its own: everything that was released of a producer. */
export function Releases({ producer }: { producer: string }) {
  const about = useLoad(`producer${producer}`, (signal) => api.get("/v1/producers/{producer}", { path: { producer }, signal }));
  if (about.error?.status === 404) return <Empty title={producers.notHere} action={<a class="button main" href="/producers">{said.back}</a>} />;
  if (about.error && !about.data) return <Failure trouble={about.error} again={about.again} />;
  if (!about.data) return <Ghost height={420} />;
  const slug = (about.data.twin as { slug?: string } | null)?.slug ?? "";
  return (
    <div class="producers releases stack">
      <p><a href="/producers">{said.back}</a></p>
      <h1>{said.of(about.data.name)}</h1>
      <p class="soft">{said.what}</p>
      {slug ? <NewRelease producer={about.data.name} slug={slug} /> : <Empty title={said.noTwin} action={<a class="button main" href={`/tracks/train?producer=${encodeURIComponent(about.data.name)}`}>{said.toTrain}</a>} />}
      <List producer={about.data.name} slug={slug} />
    </div>
  );
}

/** The same, found by the id of a release. */
export function ReleaseOf({ id }: { id: string }) {
  const found = useLoad(`release${id}`, (signal) => api.get("/v1/releases/{release}", { path: { release: id }, signal }));
  if (found.error && [404, 422].includes(found.error.status)) return <Empty title={said.notThere} action={<a class="button main" href="/producers">{said.back}</a>} />;
  if (found.error) return <Failure trouble={found.error} again={found.again} />;
  return found.data ? <Releases producer={found.data.producer} /> : <Ghost height={420} />;
}

const worksOn = (kind: string, field: string, value: string): Job | undefined => jobs.value.find((job) => job.kind === kind && job.plan[field] === value && !isOver(job));

function List({ producer, slug }: { producer: string; slug: string }) {
  const over = jobs.value.filter((job) => ["release", "check-release"].includes(job.kind) && isOver(job)).length;
  const found = useLoad(`releases${producer}`, (signal) => api.get("/v1/releases", { query: { producer, limit: 100 }, signal }), over);
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={240} />;
  const { items, damaged } = found.data;
  return (
    <>
      {items.length === 0 && slug && <p class="soft">{said.none}</p>}
      {(damaged ?? []).length > 0 && <p class="bad-text small">{said.damaged(damaged!.length)}</p>}
      {items.map((one) => <Card key={one.id} one={one} slug={slug} onGone={found.again} />)}
    </>
  );
}

function Card({ one, slug, onGone }: { one: Facts; slug: string; onGone: () => void }) {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const works = worksOn("check-release", "release", one.id);
  const attempt = (work: Promise<unknown>): void => {
    setTrouble(null);
    work.catch((error: unknown) => setTrouble(asTrouble(error)));
  };
  const check = (): void => attempt(submit("check-release", { release: one.id }, crypto.randomUUID()).then(() => say(said.checkAsked)));
  const remove = (): void =>
    attempt(api.delete("/v1/releases/{release}", { path: { release: one.id } }).then((entry) => {
      say(said.deleted, { action: { label: words.undo, run: () => void putBack(entry.id).then(onGone) } });
      onGone();
    }));
  const faults = Object.entries(one.check?.faults ?? {});
  return (
    <article class="panel producer release">
      <header class="row">
        <h2 class="grow">{said.made(ago(new Date(one.made)))}</h2>
        {one.current !== null && <span class="chip" title={one.current ? undefined : said.isEarlierWhat}>{one.current ? said.isCurrent : said.isEarlier}</span>}
        <Checked check={one.check} />
      </header>
      {one.answer && <p class="answer">{one.answer}</p>}
      <div class="stack about">
        <p>{one.licences}</p>
        <p class="soft small">{[said.inside(one.songs, one.takes.length, one.merged ?? false, one.variant), said.amount(one.files, one.bytes)].join(" · ")}</p>
      </div>
      {works && <Progress job={works} text={said.checking} />}
      {faults.length > 0 && (
        <div class="error" role="alert">
          <strong>{said.faultsWhat}</strong>
          <ul>{faults.map(([part, what]) => <li key={part} class="break">{`${part}: ${what}`}</li>)}</ul>
        </div>
      )}
      {one.check?.looked && <p class="soft small">{`${one.check.looked[0]!.toUpperCase()}${one.check.looked.slice(1)}.`}</p>}
      <Lacks gaps={one.gaps.map((gap) => gap.kind)} takes={one.takes.length} producer={one.producer} slug={slug} variant={one.variant} />
      {one.takes.length > 0 && (
        <div class="sounds">
          <h3 class="label">{said.hear}</h3>
          {one.takes.map((take) => <TakeInside key={take.take} take={take} />)}
        </div>
      )}
      {trouble && <Failure trouble={trouble} />}
      <footer class="row">
        <a class="button main" href={address("/v1/releases/{release}/archive", { release: one.id })} download title={said.downloadWhat(one.bytes)}><Icon name="export" />{said.download}</a>
        {!works && <button type="button" class="button" title={said.checkWhat} onClick={check}>{one.check ? said.checkAgain : said.check}</button>}
        <span class="grow" />
        <button type="button" class="button quiet" onClick={remove}>{said.delete}</button>
        <CopyCommand command={["twin", "release", "check", one.id]} />
      </footer>
      <Inside release={one.id} />
    </article>
  );
}

/** A take of a release, to be heard as long as it is in the library. */
function TakeInside({ take }: { take: Facts["takes"][number] }) {
  const found = useLoad(`take${take.take}`, (signal) => api.get("/v1/takes/{take}", { path: { take: take.take }, signal }));
  if (found.data) return <TakeLine take={found.data.take} />;
  return <p class="line soft small">{found.error ? `${take.caption} · ${producers.seed(take.seed)} · ${said.gone}` : ""}</p>;
}

function Checked({ check }: { check: Facts["check"] }) {
  if (!check) return <span class="chip unknown">{said.unchecked}</span>;
  const faults = Object.keys(check.faults ?? {}).length;
  const when = ago(new Date(check.checked));
  return <span class={`chip ${faults ? "bad" : "good"}`}>{faults ? said.faults(faults, when) : said.sound(when)}</span>;
}

export function Progress({ job, text }: { job: Job; text: string }) {
  return (
    <p class="works row small">
      <a class="chip known" href={`/jobs/${job.id}`}>{text}</a>
      <span class="bar grow"><i style={{ transform: `scaleX(${share(job) ?? 0})` }} /></span>
    </p>
  );
}

interface LacksProperties {
  gaps: readonly string[];
  takes: number;
  producer: string;
  slug: string;
  variant: string;
}

/** What a reader will miss, each with the one thing to do about it. */
export function Lacks({ gaps, takes, producer, slug, variant }: LacksProperties) {
  const lacks = [...gaps, ...(takes ? [] : ["takes"])];
  if (!lacks.length) return null;
  const ways: Record<string, string> = {
    proof: `/producers/${encodeURIComponent(producer)}`,
    licences: "/tracks",
    takes: `/make?producer=${encodeURIComponent(producer)}&variant=${encodeURIComponent(variant)}`,
  };
  return (
    <div class="lacks">
      <h3 class="label">{said.lacks}</h3>
      <ul>
        {lacks.map((kind) => (
          <li key={kind} class="small">
            {said.gaps[kind] ?? kind} {slug && ways[kind] && <a class="plain-link" href={ways[kind]}>{said.ways[kind]}</a>}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Card and files, read when they are looked at. */
function Inside({ release }: { release: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="fold" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{said.card}</summary>
      {open && <Contents release={release} />}
    </details>
  );
}

function Contents({ release }: { release: string }) {
  const found = useLoad(`release${release}`, (signal) => api.get("/v1/releases/{release}", { path: { release }, signal }));
  if (found.error) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={240} />;
  return (
    <div class="stack">
      <pre class="log break" tabindex={0}>{found.data.model_card.replace(HEAD, "")}</pre>
      <h3 class="label">{said.files}</h3>
      <ul class="files">
        {found.data.contents.map((one) => (
          <li key={one.id} class="row">
            <a class="grow cut" href={address("/v1/releases/{release}/files/{file}", { release, file: one.id })} download aria-label={said.file(one.name)}>{one.name}</a>
            <span class="soft small">{size(one.bytes)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
