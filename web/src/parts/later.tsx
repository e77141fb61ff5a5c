/// Places whose files come when they are first gone to, so that the first page is small.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Trouble } from "../api/client";
import { words } from "../strings";
import { Failure, Ghost } from "./states";

interface Given {
  rest: readonly string[];
}

/** A component that `load` brings; its room of `height` pixels is held until it is there, and what went wrong is said. */
export function later<P extends object = Given>(load: () => Promise<ComponentType<P>>, height = 480): ComponentType<P> {
  let Known: ComponentType<P> | null = null;
  return function Loaded(given: P) {
    const [turn, setTurn] = useState(0);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (Known) return;
      let gone = false;
      load().then(
        (found) => ((Known = found), gone || setTurn(turn + 1)),
        () => gone || setFailed(true),
      );
      return () => void (gone = true);
    }, [failed]);
    if (Known) return <Known {...given} />;
    if (failed) return <Failure trouble={new Trouble(0, words.frame.notLoaded, words.frame.reload)} again={() => location.reload()} />;
    return <Ghost height={height} />;
  };
}
