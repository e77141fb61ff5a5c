/// How an album stands, as a chip.
import { type Schemas } from "../../api/client";
import { said } from "../../strings/albums";

const LOOK: Record<string, string> = { running: "known", queued: "known", waiting: "known", failed: "bad", stopped: "unknown", planned: "unknown", finished: "good" };

export function State({ of }: { of: Schemas["AlbumHead"] }) {
  return <span class={`chip ${LOOK[of.state] ?? ""}`}>{said.states[of.state] ?? of.state}</span>;
}
