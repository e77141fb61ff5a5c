import { words } from "../../strings";

export function Pipelines(_: { rest: readonly string[] }) {
  return <h1>{words.places.pipelines}</h1>;
}
