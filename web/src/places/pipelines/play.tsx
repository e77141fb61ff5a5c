/// Play a pipeline: what is said of it when it is played, and one job with its progress.
import { useEffect, useState } from "preact/hooks";
import { api, type Trouble } from "../../api/client";
import { asTrouble, useLoad } from "../../api/load";
import { Failure } from "../../parts/states";
import { findJob, submit } from "../../state/jobs";
import { takesVersion } from "../../state/takes";
import { ask, query } from "../../router";
import { clock } from "../../strings";
import { said } from "../../strings/pipelines";
import { JobCard } from "../jobs/card";
import { sourcesOf, type Tables, withCaption } from "./draft";

const FEW = 30;

export function Play({ tables, ready, present }: { tables: Tables; ready: boolean; present: readonly string[] }) {
  const asked = query.value;
  const needsSource = tables.stages.some((one) => sourcesOf(one).includes("@source"));
  const captionOf = (one: (typeof tables.stages)[number]): string => (one["prompt"] as { caption?: string } | undefined)?.caption ?? "";
  const spoken = String(tables.prompt?.["caption"] ?? "") || tables.stages.map(captionOf).find(Boolean) || "";
  const wordless = !tables.prompt?.["caption"] && tables.stages.some((one) => one.kind === "generate" && !captionOf(one));
  const [caption, setCaption] = useState("");
  const [source, setSource] = useState(asked.get("source") ?? "");
  const [seconds, setSeconds] = useState("");
  const [batch, setBatch] = useState("");
  const [variant, setVariant] = useState("");
  const needsWords = wordless && !caption.trim();
  const [preview, setPreview] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const takes = useLoad(`sources${takesVersion.value}`, (signal) => api.get("/v1/takes", { query: { limit: FEW, sample: false }, signal }));
  const id = asked.get("job") ?? "";
  const job = findJob(id);
  useEffect(() => setTrouble(null), [JSON.stringify(tables)]);
  const missing = [...new Set(tables.stages.map((one) => String((one["play"] as { variant?: string } | undefined)?.variant ?? "")).filter((one) => one && !present.includes(one)))];
  const wrong = (name: string): string => trouble?.errors.find((one) => one.pointer.includes(name))?.detail ?? "";
  const begin = (event: Event): void => {
    event.preventDefault();
    setTrouble(null);
    const run: Record<string, unknown> = { pipeline: "own", preview };
    if (caption.trim()) run["prompt"] = { caption: caption.trim() };
    if (needsSource && source) run["source"] = source;
    if (seconds) run["seconds"] = Number(seconds);
    const play = { ...(variant ? { variant } : {}), ...(batch ? { batch: Number(batch) } : {}) };
    if (Object.keys(play).length) run["play"] = play;
    submit("pipeline", { tables: withCaption(tables, caption.trim()), run }, crypto.randomUUID()).then(
      (made) => ask({ job: made.id }),
      (error: unknown) => setTrouble(asTrouble(error)),
    );
  };
  return (
    <>
      <form class="panel stack" onSubmit={begin}>
        <h2>{said.runTitle}</h2>
        <label class="field">
          <span>{said.caption}</span>
          <textarea rows={2} value={caption} placeholder={spoken ? said.captionOwn(spoken) : said.captionHint} aria-invalid={Boolean(wrong("/prompt"))} onInput={(event) => setCaption(event.currentTarget.value)} />
          {wrong("/prompt") && <span class="bad-text small" role="alert">{wrong("/prompt")}</span>}
        </label>
        {needsSource && (
          <label class="field">
            <span>{said.source}</span>
            <select value={source} aria-invalid={Boolean(wrong("/source"))} onChange={(event) => setSource(event.currentTarget.value)}>
              <option value="">{said.sourceNone}</option>
              {source && !takes.data?.items.some((one) => one.id === source) && <option value={source}>{said.takeSource(source)}</option>}
              {(takes.data?.items ?? []).map((one) => <option key={one.id} value={one.id}>{`${one.caption.slice(0, 60) || one.task} · ${clock(one.seconds)}`}</option>)}
            </select>
            {wrong("/source") && <span class="bad-text small" role="alert">{wrong("/source")}</span>}
          </label>
        )}
        <div class="fields">
          <label class="field"><span>{said.seconds}, s</span><input type="number" min={1} max={600} step="any" value={seconds} placeholder="30" onInput={(event) => setSeconds(event.currentTarget.value)} /></label>
          <label class="field"><span>{said.batch}</span><input type="number" min={1} max={16} value={batch} placeholder="1" onInput={(event) => setBatch(event.currentTarget.value)} /></label>
        </div>
        <label class="field">
          <span>{said.variant}</span>
          <select value={variant} onChange={(event) => setVariant(event.currentTarget.value)}>
            <option value="">{said.variantOwn}</option>
            {present.map((one) => <option key={one}>{one}</option>)}
          </select>
          {missing.length > 0 && !variant && <span class="bad-text small">{said.missing(missing.join(", "))} <a class="plain-link" href="/studio">{said.toStudio}</a></span>}
        </label>
        <label class="check"><input type="checkbox" checked={preview} onChange={(event) => setPreview(event.currentTarget.checked)} />{said.preview}</label>
        {trouble && !wrong("/prompt") && !wrong("/source") && <Failure trouble={trouble} />}
        {ready && (needsWords || (needsSource && !source)) && <p class="soft small" role="status">{needsWords ? said.needsWords : said.needsTake}</p>}
        <button type="submit" class="button main" disabled={!ready || needsWords || (needsSource && !source) || (missing.length > 0 && !variant)}>{said.run}</button>
      </form>
      {job && <JobCard job={job} />}
    </>
  );
}
