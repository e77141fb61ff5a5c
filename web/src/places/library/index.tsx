import { words } from "../../strings";

export function Library(_: { rest: readonly string[] }) {
  return <h1>{words.places.library}</h1>;
}
