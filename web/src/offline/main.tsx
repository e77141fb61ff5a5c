/// The page that plays an export in the browser: nothing is sent anywhere, and after its files have come it needs no network.
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import "../styles/theme.css";
import "../styles/base.css";
import "./offline.css";
import { Choose } from "./choose";
import { fetchFiles, isOpenedAsFile, readJson, type Files } from "./folder";
import { Asking } from "./asking";
import type { Asked, Card, Sound } from "./take";
import { tellCommand, tellTake } from "./telling";
import { writeWav } from "./wav";
import type { Told } from "./worker";
import PlayWorker from "./worker?worker&inline";

interface Made {
  address: string;
  asked: Asked;
  took: number;
  notes: string[];
}

type Work = { doing: string; share: number } | null;

function Page() {
  const [files, setFiles] = useState<Files | null>(null);
  const [card, setCard] = useState<Card | null>(null);
  const [come, setCome] = useState(0);
  const [trouble, setTrouble] = useState("");
  const [work, setWork] = useState<Work>(null);
  const [made, setMade] = useState<Made | null>(null);
  const worker = useRef<Worker | null>(null);

  const fail = (error: unknown) => setTrouble(error instanceof Error ? error.message : String(error));
  const open = async (found: Files) => {
    setCard(await readJson<Card>(found, "twin.json"));
    setFiles(found);
    setTrouble("");
  };
  useEffect(() => {
    if (!isOpenedAsFile()) fetchFiles(setCome).then(open).catch(fail);
  }, []);

  const stop = () => {
    worker.current?.terminate();
    worker.current = null;
    setWork(null);
  };
  const make = (asked: Asked) => {
    const began = performance.now();
    const running = (worker.current = new PlayWorker());
    setTrouble("");
    setWork({ doing: "opening the graphs", share: 0 });
    running.onmessage = ({ data }: MessageEvent<Told>) => {
      if (data.kind === "progress") return setWork(data);
      stop();
      if (data.kind === "failed") return setTrouble(data.words);
      if (made) URL.revokeObjectURL(made.address);
      setMade(keep(data.sound, asked, card!, (performance.now() - began) / 1000));
    };
    running.onerror = (event) => {
      stop();
      setTrouble(`The player stopped: ${event.message || "the browser ended it, perhaps for want of memory"}. Ask for a shorter take.`);
    };
    running.postMessage({ files, asked });
  };

  return (
    <main>
      <h1>{card?.name ?? "Producer Twin"}</h1>
      <p class="soft">Music from words, computed in this browser. Nothing leaves this machine.</p>
      {trouble && (
        <div class="error" role="alert">
          <strong>That did not work</strong>
          <p>{trouble}</p>
        </div>
      )}
      {!files && isOpenedAsFile() && <Choose open={open} fail={fail} />}
      {!files && !isOpenedAsFile() && !trouble && <p role="status">Reading the instrument: {(come / 1e6).toFixed(0)} MB.</p>}
      {files && card && <Asking card={card} busy={work !== null} make={make} stop={stop} />}
      {work && (
        <div class="work" role="status">
          <progress max={1} value={work.share} aria-label="How far the take is" />
          <span class="soft">{work.doing}</span>
        </div>
      )}
      {made && card && <Result made={made} card={card} />}
    </main>
  );
}

function keep(sound: Sound, asked: Asked, card: Card, took: number): Made {
  const wav = writeWav(sound.left, sound.right, sound.rate, tellTake(asked, card), "Producer Twin, in a browser");
  return { address: URL.createObjectURL(wav), asked, took, notes: sound.notes };
}

function Result({ made, card }: { made: Made; card: Card }) {
  const { asked, took } = made;
  const name = `${card.name}-${asked.seed}.wav`;
  return (
    <section class="panel result" aria-label="The take">
      <h2>{asked.caption}</h2>
      {made.notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      <audio controls src={made.address} aria-label="The take" />
      <div class="row">
        <a class="button" href={made.address} download={name}>
          Download {name}
        </a>
        <span class="soft" id="took">
          {took.toFixed(1)} s of work, {(took / asked.seconds).toFixed(2)} s for each second of music; seed {asked.seed}
        </span>
      </div>
      <details class="fold">
        <summary>The same take on the command line</summary>
        <pre>{tellCommand(asked)}</pre>
      </details>
    </section>
  );
}

render(<Page />, document.getElementById("page")!);
