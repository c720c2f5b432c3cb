// What an agent looks like: a rounded figure in its family's colour that looks where it faces; an egg when frozen.

import { FULL, INK, KINDS, LOW, SHADE, SHELL, SHIELD, WHITE, mix, thin } from "./palette.js";
import { smooth } from "./pen.js";

export const BAR = 24; // steps of an energy bar
const DOTS = 6; // of units carried
const POWERS = [2, 4.2, 1.5, 2.8]; // shapes of bodies, taking turns: round, square, pointed, between
const AHEAD = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
]; // by facing: north, east, south, west

/** Draws an agent: its shape tells its body, beak and eyes tell where it faces. */
export function drawFigure(pen, { colour, body, facing, frozen, shield, dark }) {
  if (shield) glow(pen);
  if (frozen) egg(pen, colour);
  else walker(pen, colour, body, facing, dark);
  if (shield) shieldRing(pen);
}

function walker(pen, colour, body, facing, dark) {
  const power = POWERS[body % POWERS.length];
  const half = power < 2 ? 0.36 : power <= 2.8 ? 0.33 : 0.305;
  const ahead = AHEAD[facing] ?? AHEAD[0];
  const edge = dark ? mix(colour, WHITE, 0.55) : mix(colour, INK, 0.45);
  pen.ellipse([0, 0.35], [0.3, 0.075], thin(SHADE, 0.18));
  const beak = [place(ahead, 0.24, -0.13), place(ahead, 0.455, 0), place(ahead, 0.24, 0.13)];
  pen.softPolygon(beak, 0.04, edge);
  pen.polygon(smooth([half + 0.04, half + 0.04], power), edge);
  pen.polygon(beak, mix(colour, INK, 0.12));
  pen.polygon(smooth([half, half], power), mix(colour, INK, 0.12));
  pen.polygon(smooth([half * 0.93, half * 0.88], power, [0, -half * 0.1]), colour);
  pen.ellipse([-0.13, -0.2], [0.12, 0.07], thin(WHITE, 0.27));
  for (const side of [-1, 1]) {
    const [x, y] = place(ahead, 0.15, 0.135 * side);
    pen.disc([x, y], 0.1, WHITE);
    pen.disc([x + 0.035 * ahead[0], y + 0.035 * ahead[1]], 0.058, INK);
  }
}

/** The point so far ahead and so far across. */
const place = ([x, y], far, across) => [x * far - y * across, y * far + x * across];

function egg(pen, colour) {
  const egged = ([x, y]) => [x * (1 + 0.35 * Math.min(0, y)), y];
  pen.ellipse([0, 0.38], [0.27, 0.07], thin(SHADE, 0.18));
  pen.polygon(smooth([0.295, 0.375], 2, [0, 0.01]).map(egged), mix(colour, INK, 0.35));
  pen.polygon(smooth([0.255, 0.335], 2, [0, 0.01]).map(egged), mix(SHELL, colour, 0.14));
  pen.ellipse([-0.05, -0.07], [0.15, 0.2], SHELL);
  pen.line(
    [
      [-0.215, 0.06],
      [-0.11, 0],
      [0, 0.08],
      [0.11, 0],
      [0.215, 0.06],
    ],
    0.075,
    colour,
  );
  for (const [x, y, radius] of [
    [-0.07, -0.18, 0.045],
    [0.09, -0.13, 0.035],
    [-0.1, 0.2, 0.04],
    [0.08, 0.23, 0.05],
  ]) {
    pen.disc([x, y], radius, colour);
  }
}

function glow(pen) {
  pen.disc([0, 0], 0.52, thin(WHITE, 0.86));
  pen.disc([0, 0], 0.52, thin(SHIELD, 0.24));
}

function shieldRing(pen) {
  pen.ring(0.5, 0.1, thin(WHITE, 0.82));
  pen.ring(0.5, 0.055, SHIELD);
}

/** Draws an energy bar that is full to `level` of BAR. */
export function drawBar(pen, level) {
  pen.plate([-0.33, 0.405], [0.66, 0.115], 0.057, INK);
  pen.plate([-0.305, 0.427], [0.61, 0.071], 0.035, mix(INK, WHITE, 0.72));
  if (level <= 0) return;
  const share = level / BAR;
  pen.plate([-0.305, 0.427], [Math.max(0.071, 0.61 * share), 0.071], 0.035, energyColour(share));
}

/** The colour of an energy bar that is full to that share. */
export const energyColour = (share) => mix(LOW, FULL, Math.min(1, Math.max(0, (share - 0.15) / 0.35)));

/** Draws what an agent carries: a row of dots on its belly, by kind. */
export function drawBeads(pen, units) {
  const colours = beads(units);
  const step = Math.min(0.1575, 0.62 / Math.max(1, colours.length));
  colours.forEach((colour, i) => {
    const x = (i - (colours.length - 1) / 2) * step;
    pen.disc([x, 0.29], 0.105, WHITE);
    pen.disc([x, 0.29], 0.075, colour);
  });
}

/** A dot a unit; of more units than there is room for, fewer, but if possible one of every kind. */
function beads(units) {
  const total = units.reduce((sum, n) => sum + n, 0);
  const dots = total <= DOTS ? [...units] : units.map((n) => (n ? Math.max(1, Math.floor((n * DOTS) / total)) : 0));
  while (dots.reduce((sum, n) => sum + n, 0) > DOTS) dots[dots.indexOf(Math.max(...dots))] -= 1;
  return Object.values(KINDS).flatMap((colour, kind) => Array(dots[kind] ?? 0).fill(colour));
}

/** Draws a little ghost with its centre at (x, y): the mark of a phantom. */
export function drawGhost(pen, [x, y], size, colour, light) {
  const at = (points) => points.map(([a, b]) => [x + a * size, y + b * size]);
  const dome = Array.from({ length: 17 }, (_, i) => [
    -0.4 * Math.cos((Math.PI * i) / 16),
    -0.1 - 0.4 * Math.sin((Math.PI * i) / 16),
  ]);
  const hem = [
    [0.4, 0.5],
    [0.2, 0.34],
    [0, 0.5],
    [-0.2, 0.34],
    [-0.4, 0.5],
  ];
  pen.softPolygon(at([...dome, ...hem]), 0.1 * size, light);
  pen.polygon(at([...dome, ...hem]), colour);
  for (const side of [-1, 1]) pen.disc([x + 0.15 * side * size, y - 0.1 * size], 0.1 * size, light);
}
