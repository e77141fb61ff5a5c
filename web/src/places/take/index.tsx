import { words } from "../../strings";

export function TakePlace(_: { rest: readonly string[] }) {
  return <h1>{words.places.take}</h1>;
}
