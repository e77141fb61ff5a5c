import { words } from "../../strings";

export function Producers(_: { rest: readonly string[] }) {
  return <h1>{words.places.producers}</h1>;
}
