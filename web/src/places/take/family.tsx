/// Where a take comes from and what came of it, as a small tree of rows; and the stages that made it, readable as sentences.
import { useEffect } from "preact/hooks";
import { api, type Schemas, type Take } from "../../api/client";
import { useLoad } from "../../api/load";
import { kindOf } from "../../ears/report";
import { Icon } from "../../parts/icons";
import { Ghost } from "../../parts/states";
import * as engine from "../../player/engine";
import { soundOf } from "../../player/sounds";
import { takesVersion } from "../../state/takes";
import { clock, words } from "../../strings";
import { Waveform } from "../../wave/waveform";

const w = words.take;

interface Branch {
  take: Take;
  depth: number;
}

/** The family from its oldest down, children under their first parent. */
export function branches(lineage: Schemas["Lineage"]): Branch[] {
  const known = new Map(lineage.takes.map((take) => [take.id, take]));
  const first = (take: Take): string | undefined => take.parents?.find((one) => known.has(one));
  const below = (id: string | undefined): Take[] => lineage.takes.filter((take) => first(take) === id);
  const walk = (take: Take, depth: number): Branch[] => [{ take, depth }, ...below(take.id).flatMap((child) => walk(child, depth + 1))];
  return below(undefined).flatMap((root) => walk(root, 0));
}

/** A stage as a sentence: `play it again, 40% anew, by nano`. */
export function sentence(take: Take): string {
  const stage = take.stage as Record<string, unknown>;
  const said = (stage["prompt"] as { caption?: string } | undefined)?.caption ?? "";
  const s = w.stages;
  switch (stage["kind"]) {
    case "generate":
      return s.generate(said || take.caption, take.variant);
    case "refine":
      return s.refine(Math.round(Number(stage["denoise"] ?? 0.5) * 100), take.variant);
    case "cover":
      return s.cover(said, take.variant);
    case "repaint": {
      const end = stage["end"];
      return s.repaint(clock(Number(stage["start"] ?? 0), 1), typeof end === "number" ? clock(end, 1) : "…", take.variant);
    }
    case "morph":
      return s.morph(said);
    case "extract":
      return s.extract(String(stage["stem"]));
    case "lego":
      return s.lego(String(stage["stem"]));
    case "repair":
      return s.repair([...new Set((stage["mended"] as string[] | undefined)?.map((one) => kindOf(one.split(":")[0]!).words) ?? [])].join(", "));
    case "complete":
      return s.complete();
    default:
      return take.task;
  }
}

export function Family({ take }: { take: Take }) {
  const loaded = useLoad(`lineage ${take.id}`, (signal) => api.get("/v1/takes/{take}/lineage", { path: { take: take.id }, signal }));
  useEffect(() => loaded.again(), [takesVersion.value]);
  const tree = loaded.data ? branches(loaded.data) : [];
  const above = new Set<string>();
  const known = new Map(loaded.data?.takes.map((one) => [one.id, one]));
  for (let queue: string[] = [take.id]; queue.length; ) {
    const id = queue.pop()!;
    if (above.has(id)) continue;
    above.add(id);
    queue.push(...(known.get(id)?.parents ?? []));
  }
  const made = tree.filter((one) => above.has(one.take.id));
  return (
    <section class="panel family">
      <h2>{w.lineage}</h2>
      {!loaded.data && <Ghost height={80} />}
      {loaded.data && tree.length <= 1 && <p class="soft">{w.lineageAlone}</p>}
      {tree.length > 1 && (
        <ul class="tree">
          {tree.map((one) => (
            <Leaf key={one.take.id} branch={one} here={one.take.id === take.id} />
          ))}
        </ul>
      )}
      {(loaded.data?.missing?.length ?? 0) > 0 && <p class="faint small">{w.missing(loaded.data!.missing!.length)}</p>}
      <h3>{w.pipeline}</h3>
      <ol class="stages">
        {made.map((one) => (
          <li key={one.take.id}>{sentence(one.take)}</li>
        ))}
      </ol>
      {!made.some((one) => one.take.stage["kind"] === "repair") && (
        <div class="row">
          <a class="button" href={`/pipelines?take=${take.id}`}>
            {w.openPipeline}
          </a>
        </div>
      )}
    </section>
  );
}

function Leaf({ branch: { take, depth }, here }: { branch: Branch; here: boolean }) {
  const sound = soundOf(take);
  const mine = engine.sound.value?.key === sound.key;
  const playing = mine && engine.playing.value;
  return (
    <li style={{ paddingLeft: `${Math.min(depth, 6) * 16}px` }} aria-current={here ? "true" : undefined}>
      <button type="button" class="button quiet icon" aria-label={(playing ? words.library.pause : words.library.play)(sentence(take))} onClick={() => engine.toggle(sound)}>
        <Icon name={playing ? "pause" : "play"} />
      </button>
      <a class="cut grow" href={`/takes/${take.id}`}>
        {here ? w.this : sentence(take)}
      </a>
      <span class="leaf-wave">
        <Waveform peaks={sound.peaks} seconds={sound.seconds} height={24} played={mine ? engine.position.value : 0} label={words.player.waveform(sound.title)} />
      </span>
    </li>
  );
}
