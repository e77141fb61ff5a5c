/// Tracks & training: what was brought in and whether it can be learned from, training sets, and trainings with their curves.
import { parts } from "../../router";
import { said } from "../../strings/tracks";
import { TrackList } from "./list";
import { RunPage } from "./run";
import { SetPage, Sets } from "./sets";
import { TrackPage } from "./track";
import { Train } from "./train";
import "./tracks.css";

export function Tracks({ rest }: { rest: readonly string[] }) {
  const [first = "", second] = rest;
  if (first === "sets") return second ? <SetPage id={second} /> : <Tabbed at="sets"><Sets /></Tabbed>;
  if (first === "train") return <Tabbed at="train"><Train /></Tabbed>;
  if (first === "runs") return second ? <RunPage id={second} /> : <Tabbed at="train"><Train /></Tabbed>;
  if (first) return <TrackPage id={first} key={first} />;
  return <Tabbed at="tracks"><TrackList /></Tabbed>;
}

function Tabbed({ at, children }: { at: "tracks" | "sets" | "train"; children: preact.ComponentChildren }) {
  void parts.value;
  return (
    <div class="tracks stack">
      <header class="head">
        <h1>{said.title}</h1>
        <nav class="tabs" aria-label={said.tabsName}>
          {(["tracks", "sets", "train"] as const).map((one) => (
            <a key={one} href={one === "tracks" ? "/tracks" : `/tracks/${one}`} aria-current={one === at ? "page" : undefined}>
              {said.tabs[one]}
            </a>
          ))}
        </nav>
      </header>
      {children}
    </div>
  );
}
