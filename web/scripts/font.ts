/// The typeface as it travels: the weights that the styles use, and every letter that it has. It is the largest part of the first page.
import type { Plugin } from "vite";
// @ts-expect-error -- the package has no types
import subset from "subset-font";

const FONT = "inter-latin-wght-normal.woff2";
/// Of the styles.
const WEIGHTS = { min: 400, max: 700 };
/// First and last code points of the latin file, as its `unicode-range` names them.
const RANGES: readonly (readonly [number, number])[] = [
  [0x20, 0xff], [0x131, 0x131], [0x152, 0x153], [0x2bb, 0x2bc], [0x2c6, 0x2c6], [0x2da, 0x2da], [0x2dc, 0x2dc], [0x304, 0x304],
  [0x308, 0x308], [0x329, 0x329], [0x2000, 0x206f], [0x20ac, 0x20ac], [0x2122, 0x2122], [0x2191, 0x2191], [0x2193, 0x2193],
  [0x2212, 0x2212], [0x2215, 0x2215], [0xfeff, 0xfeff], [0xfffd, 0xfffd],
];
const LETTERS = RANGES.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => String.fromCodePoint(first + at))).join("");

export const font: Plugin = {
  name: "font",
  async generateBundle(_, bundle) {
    const file = bundle[FONT];
    if (file?.type !== "asset") throw new Error(`${FONT} is no part of the page any more: leave this out`);
    const whole = Buffer.from(file.source as Uint8Array);
    file.source = (await subset(whole, LETTERS, { targetFormat: "woff2", variationAxes: { wght: WEIGHTS } })) as Uint8Array;
  },
};
