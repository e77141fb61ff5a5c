/// A few bars of a style, played when its chip is touched: beside the player, which keeps what it holds.
import { effect, signal } from "@preact/signals";
import { address } from "../../api/client";
import * as engine from "../../player/engine";

/** Id of the style that sounds; empty where none does. */
export const sampled = signal("");
const element = new Audio();
element.preload = "none";
element.onended = () => void (sampled.value = "");

/** Play a style; what the player plays stops. Without a sound, the chip is a chip. */
export function playSample(style: string): void {
  engine.pause();
  element.src = address("/v1/styles/{style}/sample", { style });
  element.volume = engine.volume.value;
  sampled.value = style;
  element.play().catch(() => sampled.value === style && (sampled.value = ""));
}

export function stopSample(): void {
  element.pause();
  sampled.value = "";
}

effect(() => {
  if (engine.playing.value && sampled.peek()) stopSample();
});
