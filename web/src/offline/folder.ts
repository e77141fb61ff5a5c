/// The files of an export: asked of the server that showed this page, or, where the page was opened as a file, taken from the
/// folder that a person chooses, because browsers let no page read files beside it.
export const GRAPHS = ["text_embedding", "text_encoder", "condition_encoder", "transformer", "codec_decoder"] as const;
export type Graph = (typeof GRAPHS)[number];

const BESIDE = ["twin.json", "instrument.json", "constants.safetensors", "tokenizer/tokenizer.json"];
const OWN = ["words.json", "ort-wasm-simd-threaded.wasm"];
/// All that a take needs, as paths in the export.
export const NEEDED: string[] = [...GRAPHS.map((name) => `${name}.onnx`), ...BESIDE, ...OWN.map((name) => `player/${name}`)];

export type Files = Record<string, Blob>;

export const isOpenedAsFile = (): boolean => location.protocol === "file:";

/// Asks the server for every file; `onBytes` hears how many have come.
export async function fetchFiles(onBytes: (bytes: number) => void): Promise<Files> {
  let come = 0;
  const found: Files = {};
  for (const path of NEEDED) {
    const answer = await fetch(path.startsWith("player/") ? path.slice("player/".length) : `../${path}`);
    if (!answer.ok) throw new Error(`${path} is not there (${answer.status}). Export the instrument again with --player.`);
    found[path] = await answer.blob();
    onBytes((come += found[path].size));
  }
  return found;
}

/// The files of a folder that was chosen: the export, or the folder that holds it.
export function takeFiles(chosen: Iterable<File>): Files {
  const all = [...chosen];
  const anchor = all.find((file) => file.webkitRelativePath.endsWith("player/words.json"));
  if (!anchor) throw new Error("That folder is no export with a player. Choose the one that holds transformer.onnx.");
  const root = anchor.webkitRelativePath.slice(0, -"player/words.json".length);
  const found: Files = {};
  for (const path of NEEDED) {
    const file = all.find((one) => one.webkitRelativePath === `${root}${path}`);
    if (!file) throw new Error(`${path} is not in that folder. Choose the one that holds transformer.onnx, or export it again with --player.`);
    found[path] = file;
  }
  return found;
}

export async function readJson<T>(files: Files, path: string): Promise<T> {
  try {
    return JSON.parse(await files[path]!.text()) as T;
  } catch {
    throw new Error(`${path} cannot be read. Export the instrument again with --player.`);
  }
}

/// Tensors of single precision in a file of safetensors, by name.
export async function readTensors(file: Blob): Promise<Record<string, Float32Array>> {
  const bytes = await file.arrayBuffer();
  const head = Number(new DataView(bytes).getBigUint64(0, true));
  const told = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, head))) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  const found: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(told)) {
    if (tensor.dtype === "F32") found[name] = new Float32Array(bytes.slice(8 + head + tensor.data_offsets[0], 8 + head + tensor.data_offsets[1]));
  }
  return found;
}
