/// What the studio takes on the disk, its trash, and the settings that every command takes.
import { useState } from "preact/hooks";
import { api, type Schemas, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Failure, Ghost } from "../../parts/states";
import { isOver, jobs, submit } from "../../state/jobs";
import { takesChanged } from "../../state/takes";
import { say } from "../../state/toasts";
import { ago, words } from "../../strings";
import { bytes, said } from "../../strings/studio";

type Entry = Schemas["TrashEntry"];
type Setting = Schemas["SettingFacts"];
const FEW = 8;

export function Disk() {
  const found = useLoad("disk", (signal) => api.get("/v1/disk", { signal }));
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={140} />;
  const room = found.data;
  const parts: [string, number, string][] = [
    [said.sounds, room.sounds_bytes, said.soundsOf(room.takes, room.tracks)],
    [said.uploaded, room.assets_bytes, ""],
    [said.models, room.models_bytes, ""],
    [said.trash, room.trash_bytes, ""],
  ];
  const all = Math.max(1, parts.reduce((sum, [, size]) => sum + size, 0));
  return (
    <section class="panel stack">
      <header class="row">
        <h2 class="grow">{said.disk}</h2>
        <span class="soft">{said.held(bytes(all))} · {said.fits(bytes(room.free))}</span>
      </header>
      <div class="shares" aria-hidden="true">{parts.map(([name, size], i) => <i key={name} class={`share${i}`} style={{ flexGrow: size / all }} />)}</div>
      <Verify />
      <dl class="tiles">
        {parts.map(([name, size, more], i) => (
          <div key={name}>
            <dt><span class={`key share${i}`} aria-hidden="true" />{name}</dt>
            <dd>{bytes(size)} <span class="faint small">{more}</span></dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Every file hashed again, as a job; what the last one found. */
function Verify() {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const last = jobs.value.find((job) => job.kind === "verify");
  const runs = last !== undefined && !isOver(last);
  const begin = (): void => {
    setTrouble(null);
    submit("verify", {}, crypto.randomUUID()).then(() => say(said.verifying), (error: unknown) => setTrouble(asTrouble(error)));
  };
  return (
    <>
      <p class="row">
        <span class={`grow ${last?.state === "failed" ? "bad-text" : "soft"}`}>{runs ? said.verifyRuns : last?.state === "failed" ? (last.error?.message ?? "") : last?.text || said.verifyWhat}</span>
        {last && <a class="small" href={`/jobs/${last.id}`}>{said.seeJob}</a>}
        <button type="button" class="button quiet" disabled={runs} onClick={begin}>{said.verify}</button>
        <CopyCommand command={["twin", "library", "verify"]} />
      </p>
      {trouble && <Failure trouble={trouble} />}
    </>
  );
}

export function Trash() {
  const found = useLoad("trash", (signal) => api.get("/v1/trash", { query: { limit: 500 }, signal }));
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [sure, setSure] = useState(false);
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={160} />;
  const entries = found.data.items;
  const size = entries.reduce((sum, one) => sum + one.bytes, 0);
  const restore = (one: Entry): void => {
    setTrouble(null);
    api.post("/v1/trash/{entry}/restore", { path: { entry: one.id } }).then(() => (say(said.restored(one.title)), takesChanged(), found.again()), (error: unknown) => setTrouble(asTrouble(error)));
  };
  const empty = (): void => {
    setTrouble(null);
    setSure(false);
    api.post("/v1/trash/empty", { body: {} as never }).then((done) => (say(said.emptied(bytes(done.bytes))), found.again()), (error: unknown) => setTrouble(asTrouble(error)));
  };
  return (
    <section class="panel stack">
      <header class="row">
        <h2 class="grow">{said.trash}</h2>
        <span class="soft small">{entries.length ? bytes(size) : ""}</span>
      </header>
      <p class="soft">{entries.length ? said.trashWhat : said.trashEmpty}</p>
      {entries.length > 0 && (
        <ul class="entries">
          {entries.slice(0, FEW).map((one) => (
            <li key={one.id}>
              <span class="grow cut">{one.title || one.names[0]} <span class="faint small">{[words.library.trashKind(one.kind, one.names.length), ago(new Date(one.deleted))].join(" · ")}</span></span>
              <button type="button" class="button quiet" onClick={() => restore(one)}>{said.restore}</button>
            </li>
          ))}
        </ul>
      )}
      {entries.length > FEW && <p class="faint small">{said.andMore(entries.length - FEW)}</p>}
      {trouble && <Failure trouble={trouble} />}
      <div class="row">
        {entries.length > 0 && !sure && <button type="button" class="button" onClick={() => setSure(true)}>{said.emptyTrash}</button>}
        {sure && (
          <>
            <span>{said.sure(entries.length)}</span>
            <button type="button" class="button danger" onClick={empty}>{said.emptyNow}</button>
            <button type="button" class="button quiet" onClick={() => setSure(false)}>{said.keepIt}</button>
          </>
        )}
        <CopyCommand command={["twin", "trash", entries.length ? "empty" : "list"]} />
      </div>
    </section>
  );
}

export function Settings() {
  const found = useLoad("config", (signal) => api.get("/v1/config", { signal }));
  if (found.error && !found.data) return <Failure trouble={found.error} again={found.again} />;
  if (!found.data) return <Ghost height={240} />;
  return (
    <section class="panel stack">
      <header class="row">
        <h2 class="grow">{said.config}</h2>
        <CopyCommand command={["twin", "config", "list"]} />
      </header>
      <p class="soft">{said.configWhat}</p>
      <div class="settings">
        {found.data.items.filter((one) => one.settable).map((one) => <Line key={one.name} one={one} changed={found.again} />)}
      </div>
    </section>
  );
}

function Line({ one, changed }: { one: Setting; changed: () => void }) {
  const before = one.value === null ? "" : String(one.value);
  const [value, setValue] = useState(before);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const fixed = one.source === "environment";
  const keep = (event: Event): void => {
    event.preventDefault();
    setTrouble(null);
    api.put("/v1/config/{name}", { path: { name: one.name }, body: { value: value.trim() || null } }).then(() => (say(said.kept(one.name)), changed()), (error: unknown) => setTrouble(asTrouble(error)));
  };
  return (
    <form class="setting" onSubmit={keep}>
      <label class="field">
        <span>{one.name}</span>
        <input type="text" value={value} disabled={fixed} placeholder={said.none} aria-invalid={Boolean(trouble)} onInput={(event) => setValue(event.currentTarget.value)} />
        <span class="faint small">{fixed ? said.fixed : one.about}</span>
        {trouble && <span class="bad-text small" role="alert">{[trouble.detail, trouble.remedy].filter(Boolean).join(". ")}</span>}
      </label>
      {value !== before && <button type="submit" class="button main">{said.keep}</button>}
    </form>
  );
}
