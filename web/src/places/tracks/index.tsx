import { words } from "../../strings";

export function Tracks(_: { rest: readonly string[] }) {
  return <h1>{words.places.tracks}</h1>;
}
