/// The places of the page: name, address, and the file that fills each. To add one, write `places/NAME/index.tsx` and name it here
/// and in `server/page.py`.
import type { ComponentType } from "preact";
import { Jobs } from "./places/jobs";
import { Library } from "./places/library";
import { Make } from "./places/make";
import { TakePlace } from "./places/take";
import { later } from "./parts/later";
import { words } from "./strings";

export interface Place {
  /** First part of its address. */
  path: string;
  name: string;
  icon: string;
  /** Whether the rail shows it. */
  rail: boolean;
  /** Draws it, given what follows in the address. */
  Component: ComponentType<{ rest: readonly string[] }>;
}

const place = (path: string, name: string, Component: Place["Component"], rail = true): Place => ({ path, name, icon: path, rail, Component });

export const PLACES: readonly Place[] = [
  place("make", words.places.make, Make),
  place("library", words.places.library, Library),
  place("albums", words.places.albums, later(async () => (await import("./places/albums")).Albums)),
  place("tracks", words.places.tracks, later(async () => (await import("./places/tracks")).Tracks)),
  place("producers", words.places.producers, later(async () => (await import("./places/producers")).Producers)),
  place("pipelines", words.places.pipelines, later(async () => (await import("./places/pipelines")).Pipelines)),
  place("desk", words.places.desk, later(async () => (await import("./places/desk")).Desk)),
  place("jobs", words.places.jobs, Jobs),
  place("studio", words.places.studio, later(async () => (await import("./places/studio")).Studio)),
  place("listen", words.places.listen, later(async () => (await import("./places/listen")).Listen), false),
  place("takes", words.places.take, TakePlace, false),
];
