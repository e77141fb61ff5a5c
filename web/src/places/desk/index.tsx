import { words } from "../../strings";

export function Desk(_: { rest: readonly string[] }) {
  return <h1>{words.places.desk}</h1>;
}
