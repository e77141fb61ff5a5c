/// A take in words: inside its file, and as the command that makes it again.
import type { Asked, Card } from "./take";

export function tellTake(asked: Asked, card: Card): string {
  const { metas } = asked;
  const facts = [
    metas.bpm === null ? "" : `${metas.bpm} BPM`,
    metas.key ?? "",
    metas.meter === null ? "" : `${metas.meter} beats in a bar`,
    `${asked.steps} steps`,
    `guidance ${asked.guidance}`,
    `seed ${asked.seed}`,
  ];
  return `Made by a computer (AI): ${card.name}; ${asked.caption}; ${facts.filter(Boolean).join(", ")}`;
}

export function tellCommand({ caption, metas, seconds, steps, guidance, seed }: Asked): string {
  const facts = [
    metas.bpm === null ? "" : `--bpm ${metas.bpm}`,
    metas.key === null ? "" : `--key ${quote(metas.key)}`,
    metas.meter === null ? "" : `--meter ${metas.meter}`,
  ];
  const ways = `--duration ${seconds} --steps ${steps} --guidance ${guidance} --seed ${seed} --guide none --raw`;
  return `twin make ${[quote(caption), ...facts].filter(Boolean).join(" ")} ${ways} --variant FOLDER -o song.flac`;
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
