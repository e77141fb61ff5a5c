/// A line from the microphone: recorded by the browser, and written as a WAV file, which the studio reads everywhere.
import { Trouble } from "../api/client";
import { said } from "../strings/song";

const b = said.bring;
const RATE = 48_000;
/** Seconds after which a recording ends by itself. */
export const LONGEST = 120;

export interface Recording {
  /** How loud it is now, 0 to 1. */
  level: () => number;
  /** End it; the file of what was recorded. Raises `Trouble` where nothing was. */
  finish: () => Promise<File>;
  /** End it and keep nothing. */
  cancel: () => void;
}

/** Begin to record. Raises `Trouble` where the browser gives no microphone. */
export async function record(): Promise<Recording> {
  if (!navigator.mediaDevices) throw new Trouble(0, b.notSafe, b.notSafeRemedy);
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
  } catch (error) {
    throw refusal(error as DOMException);
  }
  const context = new AudioContext();
  const meter = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(meter);
  const recorder = new MediaRecorder(stream);
  const pieces: Blob[] = [];
  recorder.ondataavailable = (event) => void pieces.push(event.data);
  const ended = new Promise<void>((done) => (recorder.onstop = () => done()));
  recorder.start();
  const stop = async (): Promise<void> => {
    if (recorder.state !== "inactive") recorder.stop();
    await ended;
    for (const track of stream.getTracks()) track.stop();
    await context.close();
  };
  const samples = new Float32Array(meter.fftSize);
  return {
    level: () => (meter.getFloatTimeDomainData(samples), Math.min(1, 2 * Math.max(...samples.map(Math.abs)))),
    finish: async () => (await stop(), new File([await decode(new Blob(pieces))], b.recorded, { type: "audio/wav" })),
    cancel: () => void stop(),
  };
}

function refusal(error: DOMException): Trouble {
  if (error.name === "NotFoundError" || error.name === "OverconstrainedError") return new Trouble(0, b.noMicrophone, b.noMicrophoneRemedy);
  if (error.name === "NotReadableError" || error.name === "AbortError") return new Trouble(0, b.busyMicrophone, b.noMicrophoneRemedy);
  return new Trouble(0, b.denied, b.deniedRemedy);
}

/** What the browser recorded, in whatever form it does, as a WAV file of one channel and 16 bits. */
async function decode(recorded: Blob): Promise<ArrayBuffer> {
  let sound: AudioBuffer;
  try {
    sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await recorded.arrayBuffer());
  } catch {
    throw new Trouble(0, b.nothingHeard, b.nothingHeardRemedy);
  }
  const channels = Array.from({ length: sound.numberOfChannels }, (_, at) => sound.getChannelData(at));
  const file = new DataView(new ArrayBuffer(44 + 2 * sound.length));
  const text = (at: number, letters: string): void => [...letters].forEach((one, k) => file.setUint8(at + k, one.charCodeAt(0)));
  text(0, "RIFF");
  file.setUint32(4, 36 + 2 * sound.length, true);
  text(8, "WAVEfmt ");
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true);
  file.setUint16(22, 1, true);
  file.setUint32(24, sound.sampleRate, true);
  file.setUint32(28, 2 * sound.sampleRate, true);
  file.setUint16(32, 2, true);
  file.setUint16(34, 16, true);
  text(36, "data");
  file.setUint32(40, 2 * sound.length, true);
  for (let at = 0; at < sound.length; at++) {
    const value = channels.reduce((sum, one) => sum + one[at]!, 0) / channels.length;
    file.setInt16(44 + 2 * at, Math.round(32767 * Math.max(-1, Math.min(1, value))), true);
  }
  return file.buffer as ArrayBuffer;
}
