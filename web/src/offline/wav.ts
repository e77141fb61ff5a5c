/// A WAV file of 24 bits, with words on what made it inside.
const BYTES = 3;
const CHANNELS = 2;

/// `left` and `right` as WAV; `about` is its comment, `by` the program that made it.
export function writeWav(left: Float32Array, right: Float32Array, rate: number, about: string, by: string): Blob {
  const info = [chunk("ISFT", text(by)), chunk("ICMT", text(about))];
  const data = new Uint8Array(left.length * CHANNELS * BYTES);
  for (let i = 0, place = 0; i < left.length; i++) {
    for (const side of [left, right]) {
      const value = Math.max(-8388608, Math.min(8388607, Math.round(side[i]! * 8388607)));
      data[place++] = value;
      data[place++] = value >> 8;
      data[place++] = value >> 16;
    }
  }
  const format = new DataView(new ArrayBuffer(16));
  format.setUint16(0, 1, true);
  format.setUint16(2, CHANNELS, true);
  format.setUint32(4, rate, true);
  format.setUint32(8, rate * CHANNELS * BYTES, true);
  format.setUint16(12, CHANNELS * BYTES, true);
  format.setUint16(14, BYTES * 8, true);
  const parts = [chunk("fmt ", new Uint8Array(format.buffer)), chunk("LIST", join([ascii("INFO"), ...info])), chunk("data", data)];
  return new Blob([chunk("RIFF", join([ascii("WAVE"), ...parts]))], { type: "audio/wav" });
}

function ascii(letters: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

function text(words: string): Uint8Array<ArrayBuffer> {
  return join([new TextEncoder().encode(words), new Uint8Array(1)]);
}

/// A name, a length and contents, filled up to an even length.
function chunk(name: string, contents: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, contents.length, true);
  return join([ascii(name), new Uint8Array(length.buffer), contents, new Uint8Array(contents.length % 2)]);
}

function join(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const found = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    found.set(part, place);
    place += part.length;
  }
  return found;
}
