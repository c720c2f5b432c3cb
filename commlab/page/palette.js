// The colours of pictures, as env/render/palette.py has them, and the ground they lie on by day and by night.

export const INK = "#1d2430";
export const WHITE = "#ffffff";
export const SHADE = "#2b3242";
export const HEART = "#dd4a74";
export const STONE = "#c3c7ce";
export const STONE_SIDE = "#8f96a3";
export const MACHINE = "#4a5568";
export const BOLT = "#ffd257";
export const LEAF = "#4d9a4a";
export const SHELL = "#fbf6ea";
export const SHIELD = "#18a7d8";
export const BOND = "#d6457f";
export const STRIKE = "#f0501e";
export const FULL = "#3fae5a";
export const LOW = "#e0563b";

export const KINDS = { 4: "#23a566", 5: "#f2b61d", 6: "#e0383e", 7: "#2f86e0" };
export const BERRIES = { 10: "#8e3f86", 11: "#d8572f", 12: "#e8a33a", 13: "#c22748" };
export const LINKS = ["#14a3a0", "#e4762b", "#7a5bd0", "#b8a41e", "#2f7fd1", "#c9437c", "#5d9b3c", "#5a6472"];
export const FAMILIES = [
  "#3a52b4",
  "#e67b14",
  "#1b8a7f",
  "#ad7fee",
  "#66d0f5",
  "#bc3b0f",
  "#d6cf2a",
  "#f1a29b",
  "#432664",
  "#6b2312",
];

const DAY = {
  dark: false,
  page: "#eceff3",
  floor: "#f8f8f5",
  floorToo: "#f2f2ee",
  ring: "#cdd1d3",
  wall: "#66748a",
  wallSide: "#465266",
  brittle: "#a3acba",
  brittleSide: "#7a8494",
  ink: INK,
  soft: "#5a6472",
  edge: INK,
  halo: WHITE,
  differ: "#b3005e",
  ghost: "#6a3fb5",
  ghostPlate: "#6a3fb5",
  bubble: WHITE,
  bubbleInk: INK,
  bubbleSoft: "#4f5968",
  focus: "#0b62a8",
};
const NIGHT = {
  dark: true,
  page: "#14181f",
  floor: "#232a35",
  floorToo: "#27303c",
  ring: "#4a5666",
  wall: "#56637a",
  wallSide: "#364152",
  brittle: "#9aa5b6",
  brittleSide: "#687486",
  ink: "#e6e9ee",
  soft: "#a3adba",
  edge: "#0d1117",
  halo: "#eef1f5",
  differ: "#ff7ab8",
  ghost: "#c3a6ff",
  ghostPlate: "#7347c9",
  bubble: "#f4f6f9",
  bubbleInk: INK,
  bubbleSoft: "#4f5968",
  focus: "#7db8e8",
};

/** The ground's colours: by day or by night. */
export const theme = (dark) => (dark ? NIGHT : DAY);

/** A family's colour: one of ten, beyond them steps of a golden angle around the circle of hues. */
export function familyColour(family) {
  if (family < FAMILIES.length) return FAMILIES[family];
  const step = family - FAMILIES.length;
  const lightness = [0.62, 0.46, 0.76][step % 3];
  return oklch(lightness, 0.13, 0.9 + step * Math.PI * (3 - Math.sqrt(5)));
}

/** A colour with that share of another in it. */
export function mix(colour, other, share) {
  const [a, b] = [parts(colour), parts(other)];
  return hexed(a.map((value, i) => value + (b[i] - value) * share));
}

/** A colour of which only that share covers what lies below. */
export const thin = (colour, share) => `rgba(${parts(colour).join(",")},${share})`;

const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

const hexed = (values) => "#" + values.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("");

/** A colour of Björn Ottosson's OKLab, given in polar coordinates; the hue in radians. */
export function oklch(lightness, chroma, hue) {
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return hexed([
    gamma(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short),
    gamma(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short),
    gamma(-0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short),
  ]);
}

/** A part of linear light as a byte of sRGB. */
function gamma(light) {
  const within = Math.min(1, Math.max(0, light));
  return 255 * (within <= 0.0031308 ? 12.92 * within : 1.055 * within ** (1 / 2.4) - 0.055);
}
