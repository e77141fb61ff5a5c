/// The way in: drop songs or a folder, say whose they are, and watch them come.
import { useRef, useState } from "preact/hooks";
import type { Trouble } from "../../api/client";
import { asTrouble } from "../../api/load";
import { CopyCommand } from "../../parts/copy";
import { Icon } from "../../parts/icons";
import { Failure } from "../../parts/states";
import { said } from "../../strings/tracks";
import { bytes } from "../../strings/studio";
import { add, bring, busy, clear, filesOf, leftOut, remove, type Upload, uploads } from "./uploads";

const KEPT = "twin.producer";

export function Drop({ names, large = false }: { names: readonly string[]; large?: boolean }) {
  const [over, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer) void filesOf(event.dataTransfer).then(add);
  };
  const chosen = (event: Event): void => {
    const input = event.currentTarget as HTMLInputElement;
    add([...(input.files ?? [])]);
    input.value = "";
  };
  return (
    <section class={`drop${over ? " over" : ""}${large ? " large" : ""}`} onDragOver={(event) => (event.preventDefault(), setOver(true))} onDragLeave={() => setOver(false)} onDrop={drop}>
      {large && (
        <div class="teach">
          <h2>{said.emptyTitle}</h2>
          <ol>{said.empty.map((line) => <li key={line}>{line}</li>)}</ol>
        </div>
      )}
      <div class="target">
        <Icon name="tracks" />
        <strong>{over ? said.dropNow : said.drop}</strong>
        <div class="row">
          <button type="button" class={`button${large && !uploads.value.length ? " main" : ""}`} onClick={() => files.current!.click()}>{said.chooseFiles}</button>
          <button type="button" class="button" onClick={() => folder.current!.click()}>{said.chooseFolder}</button>
          <CopyCommand command={["twin", "tracks", "ingest", "music"]} />
        </div>
        <input ref={files} type="file" multiple accept="audio/*,.flac,.w64,.caf,.aiff" class="hidden" tabIndex={-1} aria-label={said.chooseFiles} onChange={chosen} />
        <input ref={folder} type="file" multiple {...{ webkitdirectory: true }} class="hidden" tabIndex={-1} aria-label={said.chooseFolder} onChange={chosen} />
      </div>
      {leftOut.value > 0 && <p class="soft small">{said.notSound(leftOut.value)}</p>}
      {uploads.value.length > 0 && <Wish names={names} />}
    </section>
  );
}

function Wish({ names }: { names: readonly string[] }) {
  const [producer, setProducer] = useState(localStorage.getItem(KEPT) ?? names[0] ?? "");
  const [licence, setLicence] = useState(said.licences[0]![0]);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [unnamed, setUnnamed] = useState(false);
  const here = uploads.value.filter((one) => one.state === "here").length;
  const begin = (event: Event): void => {
    event.preventDefault();
    setUnnamed(!producer.trim());
    if (!producer.trim()) return;
    localStorage.setItem(KEPT, producer);
    setTrouble(null);
    bring({ producer, licence }).catch((error: unknown) => setTrouble(asTrouble(error)));
  };
  return (
    <form class="stack wish" onSubmit={begin}>
      <div class="fields">
        <label class="field">
          <span>{said.whose}</span>
          <input type="text" list="producers" maxLength={200} value={producer} placeholder={said.whoseHint} aria-invalid={unnamed} onInput={(event) => setProducer(event.currentTarget.value)} />
          {unnamed && <span class="bad-text small" role="alert">{said.needName}</span>}
        </label>
        <datalist id="producers">{names.map((one) => <option key={one} value={one} />)}</datalist>
        <label class="field">
          <span>{said.licence}</span>
          <select value={licence} onChange={(event) => setLicence(event.currentTarget.value)}>
            {said.licences.map(([name, text]) => <option key={name} value={name}>{text}</option>)}
          </select>
        </label>
      </div>
      <ul class="uploads" aria-label={said.uploads}>{uploads.value.map((one) => <Row key={one.id} one={one} />)}</ul>
      {trouble && <Failure trouble={trouble} />}
      <div class="row">
        <button type="submit" class="button main" disabled={busy.value && uploads.value.some((one) => one.state !== "waits")}>
          {busy.value && uploads.value.some((one) => one.state === "goes" || one.state === "checked") ? said.uploading(here, uploads.value.length) : said.bring(uploads.value.length)}
        </button>
        <button type="button" class="button quiet" onClick={clear}>{said.clear}</button>
      </div>
    </form>
  );
}

function Row({ one }: { one: Upload }) {
  const told = { waits: bytes(one.file.size), goes: said.sent(one.share), checked: said.checked, here: said.here, failed: said.failedUpload }[one.state];
  return (
    <li class={one.state}>
      <span class="cut grow">{one.file.name}</span>
      <span class={one.state === "failed" ? "bad-text small" : "soft small"}>{told}</span>
      {(one.state === "waits" || one.state === "failed") && (
        <button type="button" class="button quiet icon" aria-label={said.forget} onClick={() => remove(one.id)}>
          <Icon name="close" />
        </button>
      )}
      <span class="bar"><i style={{ transform: `scaleX(${one.share})` }} /></span>
      {one.trouble && <p class="small wide">{[one.trouble.detail, one.trouble.remedy].filter(Boolean).join(". ")}</p>}
    </li>
  );
}
