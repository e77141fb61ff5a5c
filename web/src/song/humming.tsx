/// Recording a line: a button, how loud it is, and what ends it.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Trouble } from "../api/client";
import { asTrouble } from "../api/load";
import { said } from "../strings/song";
import { LONGEST, record, type Recording } from "./microphone";

const b = said.bring;

export function Humming({ busy, onFile, onTrouble }: { busy: boolean; onFile: (file: File) => void; onTrouble: (trouble: Trouble | null) => void }) {
  const [running, setRunning] = useState<Recording | null>(null);
  const [asking, setAsking] = useState(false);
  const [now, setNow] = useState({ seconds: 0, level: 0 });
  const held = useRef<Recording | null>(null);
  held.current = running;
  useEffect(() => () => held.current?.cancel(), []);
  const begin = async (): Promise<void> => {
    onTrouble(null);
    setAsking(true);
    try {
      setRunning(await record());
    } catch (error) {
      onTrouble(asTrouble(error));
    } finally {
      setAsking(false);
    }
  };
  const finish = async (): Promise<void> => {
    setRunning(null);
    try {
      onFile(await running!.finish());
    } catch (error) {
      onTrouble(asTrouble(error));
    }
  };
  useEffect(() => {
    if (!running) return;
    const begun = performance.now();
    const timer = setInterval(() => {
      const seconds = (performance.now() - begun) / 1000;
      setNow({ seconds, level: running.level() });
      if (seconds >= LONGEST) void finish();
    }, 100);
    return () => clearInterval(timer);
  }, [running]);
  if (!running) {
    return (
      <button type="button" class="button main" disabled={busy || asking} onClick={() => void begin()}>
        {asking ? b.asking : b.record}
      </button>
    );
  }
  return (
    <div class="humming">
      <p>
        <span class="lamp" aria-hidden="true" />
        {b.recording(now.seconds)}
      </p>
      <meter class="level" min={0} max={1} value={now.level} aria-label={b.level} />
      <div class="row">
        <button type="button" class="button main" onClick={() => void finish()}>{b.stop}</button>
        <button type="button" class="button quiet" onClick={() => (running.cancel(), setRunning(null))}>{b.drop}</button>
      </div>
    </div>
  );
}
