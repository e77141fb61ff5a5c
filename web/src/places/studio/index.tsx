import { words } from "../../strings";

export function Studio(_: { rest: readonly string[] }) {
  return <h1>{words.places.studio}</h1>;
}
