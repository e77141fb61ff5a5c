/// Songs on their way into the studio: sent two at a time, each with its progress, then read by one job. It goes on when the place is left.
import { computed, signal } from "@preact/signals";
import { Trouble } from "../../api/client";
import { submit } from "../../state/jobs";
import { say } from "../../state/toasts";
import { said } from "../../strings/tracks";

export interface Upload {
  id: number;
  file: File;
  state: "waits" | "goes" | "checked" | "here" | "failed";
  share: number;
  asset: string | null;
  trouble: Trouble | null;
}
interface Wish {
  producer: string;
  licence: string;
}

const AT_ONCE = 2;
const BUSY_FOR = 3000;
const NAMES = /\.(wav|wave|flac|mp3|m4a|aac|ogg|oga|opus|aif|aiff|w64|caf)$/i;
export const uploads = signal<readonly Upload[]>([]);
/** Files that were dropped and are no sound. */
export const leftOut = signal(0);
export const busy = computed(() => uploads.value.some((one) => ["waits", "goes", "checked"].includes(one.state)));
let count = 0;

const change = (id: number, to: Partial<Upload>): void => {
  uploads.value = uploads.value.map((one) => (one.id === id ? { ...one, ...to } : one));
};

export const isSound = (file: File): boolean => NAMES.test(file.name) || file.type.startsWith("audio/");

/** Put files into the list; what is no sound is counted and left out. */
export function add(files: readonly File[]): void {
  const sounds = files.filter(isSound);
  leftOut.value += files.length - sounds.length;
  const known = new Set(uploads.value.map((one) => `${one.file.name}/${one.file.size}`));
  const fresh = sounds.filter((one) => !known.has(`${one.name}/${one.size}`));
  uploads.value = [...uploads.value, ...fresh.map((file): Upload => ({ id: ++count, file, state: "waits", share: 0, asset: null, trouble: null }))];
}

export const remove = (id: number): void => void (uploads.value = uploads.value.filter((one) => one.id !== id));
export const clear = (): void => {
  uploads.value = [];
  leftOut.value = 0;
};

/** Send what waits, then have all of it read. Raises `Trouble` where no job is accepted. */
export async function bring(wish: Wish): Promise<void> {
  uploads.value = uploads.value.map((one) => (one.state === "failed" ? { ...one, state: "waits", trouble: null } : one));
  const next = (): Upload | undefined => uploads.value.find((one) => one.state === "waits");
  const work = async (): Promise<void> => {
    for (let one = next(); one; one = next()) {
      change(one.id, { state: "goes", share: 0 });
      try {
        change(one.id, { asset: await sendPatiently(one), state: "here", share: 1 });
      } catch (error) {
        change(one.id, { state: "failed", trouble: error as Trouble });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const assets = uploads.value.filter((one) => one.state === "here").map((one) => one.asset!);
  if (!assets.length) return;
  const tracks = { producer: wish.producer.trim(), ...(wish.licence ? { licence: wish.licence } : {}), ...(wish.licence === "LicenseRef-own" ? { provider: "self" } : {}) };
  await submit("ingest", { assets, tracks }, crypto.randomUUID());
  uploads.value = uploads.value.filter((one) => one.state !== "here");
  say(said.readNow);
}

const sendPatiently = (one: Upload): Promise<string> => sendFile(one.file, (state, share) => change(one.id, { state, share }));

/** Send a file, and give the id of its asset; where others are being taken, wait and send it again. `tell` hears how far it is. */
export async function sendFile(file: File, tell: (state: "goes" | "checked", share: number) => void): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      return await send(file, tell);
    } catch (error) {
      if (!(error instanceof Trouble) || error.status !== 429 || tries > 20) throw error;
      await new Promise((done) => setTimeout(done, BUSY_FOR));
    }
  }
}

/** Send the bytes of one file; `fetch` tells no progress of what it sends, so this does. */
function send(file: File, tell: (state: "goes" | "checked", share: number) => void): Promise<string> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const where = `/v1/assets?name=${encodeURIComponent(file.name)}`;
    request.open("POST", where);
    request.setRequestHeader("content-type", file.type.startsWith("audio/") ? file.type : "application/octet-stream");
    request.upload.onprogress = (event) => event.lengthComputable && tell("goes", event.loaded / event.total);
    request.upload.onload = () => tell("checked", 1);
    request.onerror = () => fail(new Trouble(0, said.failedUpload, "", [], "", where));
    request.onload = () => {
      let told: Record<string, unknown> = {};
      try {
        told = JSON.parse(request.responseText) as Record<string, unknown>;
      } catch {
        // a proxy's page: its status says what there is to say
      }
      if (request.status < 300) done(String(told["id"]));
      else fail(new Trouble(request.status, String(told["detail"] ?? request.statusText), String(told["remedy"] ?? ""), [], String(told["request"] ?? ""), where));
    };
    request.send(file);
  });
}

/** Every file that was dropped, those inside folders too. */
export async function filesOf(data: DataTransfer): Promise<File[]> {
  const entries = [...data.items].map((one) => one.webkitGetAsEntry?.()).filter((one): one is FileSystemEntry => Boolean(one));
  if (!entries.length) return [...data.files];
  const found: File[] = [];
  const look = async (entry: FileSystemEntry): Promise<void> => {
    if (entry.isFile) {
      const file = await new Promise<File | null>((done) => (entry as FileSystemFileEntry).file(done, () => done(null)));
      if (file && !file.name.startsWith(".")) found.push(file);
    } else {
      const reader = (entry as FileSystemDirectoryEntry).createReader();
      for (;;) {
        const some = await new Promise<FileSystemEntry[]>((done) => reader.readEntries(done, () => done([])));
        if (!some.length) break;
        for (const inner of some) await look(inner);
      }
    }
  };
  for (const entry of entries) await look(entry);
  return found;
}
