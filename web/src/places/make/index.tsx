import { words } from "../../strings";

export function Make(_: { rest: readonly string[] }) {
  return <h1>{words.places.make}</h1>;
}
