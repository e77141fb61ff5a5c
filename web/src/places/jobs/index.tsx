import { words } from "../../strings";

export function Jobs(_: { rest: readonly string[] }) {
  return <h1>{words.places.jobs}</h1>;
}
