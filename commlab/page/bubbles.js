// Speech bubbles: what they look like, and where there is room for them.

import { INK, SHADE, mix, thin } from "./palette.js";

export const FONT = 'Inter, "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif';
const LONGEST = 30; // letters of a translation in a bubble

/** A message as it is written: symbols with spaces between them, a dot for silence. */
export const symbolText = (symbols) => symbols.map((symbol) => symbol || "·").join(" ");

/** A share as a percentage, 0 % or 100 % only where it is so, or nothing where it is not known. */
export const percent = (share) => {
  if (typeof share !== "number") {
    return "";
  }
  if (share > 0 && share < 0.005) {
    return "<1\u00a0%";
  }
  return share < 1 && share >= 0.995 ? ">99\u00a0%" : `${Math.round(100 * share)}\u00a0%`;
};

/** A text of at most that many letters. */
export const shortened = (text, longest = LONGEST) =>
  text.length > longest ? `${text.slice(0, longest - 1).trimEnd()}…` : text;

/**
 * What is to be written in the bubble of `said` (symbols, text, certainty): two lines and their size in device pixels.
 * `wordy` false leaves the translation out.
 */
export function measure(context, said, unit, wordy) {
  const [big, small] = [13 * unit, 11 * unit];
  const first = symbolText(said.symbols);
  const certainty = percent(said.certainty);
  const second = wordy && said.text ? shortened(said.text) + (certainty ? `  ${certainty}` : "") : "";
  context.font = `700 ${big}px ${FONT}`;
  const firstWidth = context.measureText(first).width;
  context.font = `${small}px ${FONT}`;
  const secondWidth = second ? context.measureText(second).width : 0;
  const pad = 8 * unit;
  const height = big + (second ? small + 3 * unit : 0) + 0.8 * pad;
  return {
    first,
    second,
    big,
    small,
    pad,
    width: Math.max(height, Math.max(firstWidth, secondWidth) + 2 * pad),
    height,
  };
}

/**
 * Places for bubbles within `area` ([left, top, right, bottom]) that do not cover each other, null without room.
 * Of the places around a speaker, each takes the one that covers least of `things` (their centres).
 */
export function placeBubbles(speeches, cell, area, things) {
  const boxes = [];
  return speeches.map(({ x, y, size }) => {
    let [best, least] = [null, Infinity];
    places(size, cell).forEach(([dx, dy], rank) => {
      const left = Math.min(Math.max(x + dx, area[0] + 2), area[2] - size.width - 2);
      const box = [left, y + dy, left + size.width, y + dy + size.height];
      if (box[0] < area[0] || box[1] < area[1] || box[3] > area[3] || boxes.some((other) => overlap(box, other)))
        return;
      const cost =
        things.filter(([a, b]) => covers(box, a, b, 0.32 * cell)).length * 4 +
        0.4 * rank +
        Math.abs(left - x - dx) / cell;
      if (cost < least) [best, least] = [box, cost];
    });
    if (best) boxes.push(best);
    return best;
  });
}

/** Where a bubble may lie: its upper left corner from the speaker's centre, the most natural first. */
function places({ width, height }, cell) {
  const [over, under, beside] = [-0.62 * cell - height, 0.68 * cell, 0.62 * cell];
  const [right, left, centred] = [-0.2 * cell, 0.2 * cell - width, -width / 2];
  const level = -height / 2 - cell / 5;
  return [
    [centred, over],
    [right, over],
    [left, over],
    [beside, level],
    [-beside - width, level],
    [centred, under],
    [right, under],
    [left, under],
    [centred, over - cell / 2],
    [right, over - cell / 2],
    [left, over - cell / 2],
    [beside, over],
    [-beside - width, over],
    [beside, under],
    [-beside - width, under],
    [centred, over - cell],
    [centred, under + cell / 2],
  ];
}

const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

const covers = ([left, top, right, bottom], x, y, reach) =>
  x > left - reach && x < right + reach && y > top - reach && y < bottom + reach;

/** Draws a bubble in `box` with its tail to (x, y); `look` holds theme, the speaker's colour, edge and dashed. */
export function drawBubble(context, box, size, { x, y }, unit, look) {
  const paths = [tailPath(box, x, y, unit), bodyPath(box, unit)];
  context.save();
  context.translate(0, 1.5 * unit);
  context.fillStyle = thin(SHADE, 0.22);
  for (const path of paths) context.fill(path);
  context.restore();
  context.strokeStyle = look.edge ?? mix(look.colour, INK, 0.25);
  context.lineWidth = (look.edge ? 4.5 : 3) * unit;
  context.setLineDash(look.dashed ? [7 * unit, 4 * unit] : []);
  for (const path of paths) context.stroke(path);
  context.setLineDash([]);
  context.fillStyle = look.theme.bubble;
  for (const path of paths) context.fill(path);
  writeLines(context, size, box, unit, look.theme);
}

const bodyPath = ([left, top, right, bottom], unit) => {
  const path = new Path2D();
  path.roundRect(left, top, right - left, bottom - top, Math.min(9 * unit, (bottom - top) / 2));
  return path;
};

/** A wedge from the bubble's nearest edge towards the mouth, which it does not touch. */
function tailPath([left, top, right, bottom], x, y, unit) {
  const path = new Path2D();
  const half = 4 * unit;
  const foot = [
    Math.min(Math.max(x, left + 2.5 * half), right - 2.5 * half),
    Math.min(Math.max(y, top + half), bottom - half),
  ];
  const across = y < top || y > bottom ? [half, 0] : [0, half];
  const tip = [foot[0] + 0.62 * (x - foot[0]), foot[1] + 0.62 * (y - foot[1])];
  path.moveTo(foot[0] - across[0], foot[1] - across[1]);
  path.lineTo(tip[0], tip[1]);
  path.lineTo(foot[0] + across[0], foot[1] + across[1]);
  path.closePath();
  return path;
}

/** Writes the lines of a bubble into the middle of its box. */
function writeLines(context, size, [left, top, right, bottom], unit, theme) {
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  context.textAlign = "center";
  context.textBaseline = "middle";
  const gap = 3 * unit;
  const up = size.second ? (size.small + gap) / 2 : 0;
  context.fillStyle = theme.bubbleInk;
  context.font = `700 ${size.big}px ${FONT}`;
  context.fillText(size.first, x, y - up + 0.5 * unit);
  if (!size.second) return;
  context.fillStyle = theme.bubbleSoft;
  context.font = `${size.small}px ${FONT}`;
  context.fillText(size.second, x, y + (size.big + gap) / 2 + 0.5 * unit);
}
