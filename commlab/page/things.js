// What the objects look like: gems, the altar's heart, converters, beacons, berries, as env/render/things.py has them.

import {
  BERRIES,
  BOLT,
  HEART,
  INK,
  KINDS,
  LEAF,
  LINKS,
  MACHINE,
  SHADE,
  STONE,
  STONE_SIDE,
  WHITE,
  mix,
  thin,
} from "./palette.js";
import { regular } from "./pen.js";

export const Cell = {
  EMPTY: 0,
  WALL: 1,
  ALTAR: 2,
  CONVERTER: 3,
  GREEN: 4,
  YELLOW: 5,
  RED: 6,
  BLUE: 7,
  AGENT: 8,
  BEACON: 9,
  ROUND: 10,
  LONG: 11,
  STAR: 12,
  TWIN: 13,
  UNSEEN: 255,
};
export const NAMES = {
  1: "wall",
  2: "altar",
  3: "converter",
  4: "green crystal",
  5: "yellow crystal",
  6: "red crystal",
  7: "blue crystal",
  8: "agent",
  9: "beacon",
  10: "round berry",
  11: "long berry",
  12: "star berry",
  13: "twin berry",
};
export const LEVELS = 6; // heights to which a gem is filled

// A cut emerald, a brilliant, a hexagon and a shard: told apart without their colours.
const GEMS = {
  4: [
    [-0.15, -0.34],
    [0.15, -0.34],
    [0.28, -0.21],
    [0.28, 0.21],
    [0.15, 0.34],
    [-0.15, 0.34],
    [-0.28, 0.21],
    [-0.28, -0.21],
  ],
  5: [
    [-0.2, -0.3],
    [0.2, -0.3],
    [0.37, -0.09],
    [0, 0.35],
    [-0.37, -0.09],
  ],
  6: regular(6, 0.35),
  7: [
    [0, -0.4],
    [0.2, -0.14],
    [0.2, 0.2],
    [0, 0.37],
    [-0.2, 0.2],
    [-0.2, -0.14],
  ],
};
const LIGHT = [-0.55, -0.83]; // the way to the light

/** Draws an object: `look` holds kind, ready, level (of a gem) and link (of a beacon). */
export function drawThing(pen, look) {
  if (look.kind in KINDS) return gem(pen, look.kind, look.level);
  if (look.kind in BERRIES) return berry(pen, look.kind);
  if (look.kind === Cell.ALTAR) return altar(pen, look.ready);
  if (look.kind === Cell.CONVERTER) return converter(pen, look.ready);
  if (look.kind === Cell.BEACON) return beacon(pen, look.link);
}

function gem(pen, kind, level) {
  const [colour, outline] = [KINDS[kind], GEMS[kind]];
  pen.ellipse([0, 0.36], [0.27, 0.07], thin(SHADE, 0.13));
  pen.softPolygon(outline, 0.045, mix(colour, INK, 0.38));
  facets(pen, outline, mix(colour, WHITE, 0.72), 0.35);
  if (level <= 0) return;
  const [high, low] = [Math.min(...outline.map(([, y]) => y)), Math.max(...outline.map(([, y]) => y))];
  const top = low - ((low - high) * level) / LEVELS;
  pen.context.save();
  pen.context.beginPath();
  pen.context.rect(-1, top, 2, 2);
  pen.context.clip();
  facets(pen, outline, colour, 1);
  pen.context.restore();
}

/** Draws a gem's facets, each as bright as it is turned to the light. */
function facets(pen, outline, colour, contrast) {
  const table = outline.map(([x, y]) => [0.52 * x, 0.5 * y - 0.03]);
  outline.forEach((a, i) => {
    const j = (i + 1) % outline.length;
    const b = outline[j];
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const turned = ((b[1] - a[1]) * LIGHT[0] - (b[0] - a[0]) * LIGHT[1]) / length;
    const tone =
      turned > 0 ? mix(colour, WHITE, 0.42 * turned * contrast) : mix(colour, INK, -0.34 * turned * contrast);
    pen.polygon([a, b, table[j], table[i]], tone);
  });
  pen.polygon(table, mix(colour, WHITE, 0.3 * contrast));
  pen.polygon([table[0], table[1], [0, 0], table[table.length - 1]], mix(colour, WHITE, 0.5 * contrast));
}

function altar(pen, ready) {
  pen.ellipse([0, 0.4], [0.42, 0.09], thin(SHADE, 0.16));
  pen.ellipse([0, 0.32], [0.4, 0.13], STONE_SIDE);
  pen.ellipse([0, 0.27], [0.4, 0.13], STONE);
  pen.ellipse([0, 0.26], [0.31, 0.085], mix(STONE, WHITE, 0.45));
  const tone = ready ? HEART : mix(HEART, STONE, 0.62);
  pen.softPolygon(heart(0.36, [0, -0.05]), 0.035, mix(tone, INK, 0.3));
  pen.polygon(heart(0.36, [0, -0.05]), tone);
  pen.polygon(heart(0.27, [-0.025, -0.09]), mix(tone, WHITE, 0.16));
  pen.ellipse([-0.16, -0.2], [0.075, 0.055], thin(WHITE, ready ? 0.75 : 0.43));
}

function heart(half, [x, y]) {
  return Array.from({ length: 80 }, (_, i) => {
    const t = (2 * Math.PI * i) / 80;
    const up = 13 * Math.cos(t) - 5 * Math.cos(2 * t) - 2 * Math.cos(3 * t) - Math.cos(4 * t);
    return [x + half * Math.sin(t) ** 3, y - (half * up) / 16];
  });
}

function converter(pen, ready) {
  pen.plate([-0.36, -0.28], [0.76, 0.72], 0.12, thin(SHADE, 0.16));
  pen.plate([-0.39, -0.37], [0.78, 0.78], 0.14, mix(MACHINE, INK, 0.45));
  pen.plate([-0.39, -0.39], [0.78, 0.73], 0.14, MACHINE);
  pen.disc([0, -0.03], 0.29, mix(MACHINE, INK, 0.35));
  pen.disc([0, -0.03], 0.25, ready ? mix(MACHINE, BOLT, 0.16) : mix(MACHINE, INK, 0.15));
  const bolt = [
    [0.07, -0.24],
    [-0.15, 0.03],
    [-0.02, 0.03],
    [-0.07, 0.19],
    [0.16, -0.09],
    [0.02, -0.09],
  ];
  pen.polygon(bolt, ready ? BOLT : mix(MACHINE, WHITE, 0.35));
  for (const place of [
    [-0.3, -0.3],
    [0.3, -0.3],
    [-0.3, 0.25],
    [0.3, 0.25],
  ])
    pen.disc(place, 0.035, mix(MACHINE, WHITE, 0.4));
}

function beacon(pen, link) {
  const colour = LINKS[link % LINKS.length];
  pen.ellipse([0, 0.39], [0.27, 0.07], thin(SHADE, 0.16));
  pen.softPolygon(
    [
      [-0.06, -0.1],
      [0.06, -0.1],
      [0.17, 0.34],
      [-0.17, 0.34],
    ],
    0.02,
    mix(MACHINE, INK, 0.2),
  );
  pen.polygon(
    [
      [-0.05, -0.1],
      [0, -0.1],
      [0, 0.34],
      [-0.14, 0.34],
    ],
    mix(MACHINE, WHITE, 0.25),
  );
  for (const radius of [0.24, 0.36]) {
    pen.arc(radius, [-48, 48], 0.055, colour, [0, -0.17]);
    pen.arc(radius, [132, 228], 0.055, colour, [0, -0.17]);
  }
  pen.disc([0, -0.17], 0.145, mix(colour, INK, 0.35));
  pen.disc([0, -0.17], 0.12, colour);
  pen.disc([-0.035, -0.205], 0.045, thin(WHITE, 0.78));
}

function berry(pen, kind) {
  const colour = BERRIES[kind];
  pen.ellipse([0, 0.34], [0.22, 0.06], thin(SHADE, 0.13));
  if (kind === Cell.ROUND) {
    stalk(pen, [0, -0.2], [0.08, -0.36]);
    ball(pen, [0, 0.06], [0.27, 0.27], colour);
  } else if (kind === Cell.LONG) {
    stalk(pen, [0, -0.26], [-0.06, -0.38]);
    ball(pen, [0, 0.04], [0.17, 0.32], colour);
  } else if (kind === Cell.STAR) {
    star(pen, colour);
  } else {
    for (const [x, y] of [
      [-0.16, 0.12],
      [0.16, 0.15],
    ])
      pen.line(
        [
          [x, y - 0.1],
          [0.02, -0.34],
        ],
        0.045,
        mix(LEAF, INK, 0.2),
      );
    ball(pen, [-0.16, 0.14], [0.17, 0.17], colour);
    ball(pen, [0.17, 0.17], [0.17, 0.17], colour);
    pen.ellipse([0.1, -0.34], [0.11, 0.05], LEAF);
  }
}

function star(pen, colour) {
  const [outer, inner] = [regular(10, 0.33), regular(10, 0.17)];
  const points = outer.map((point, i) => (i % 2 ? inner[i] : point));
  const low = points.map(([x, y]) => [x, y + 0.03]);
  pen.softPolygon(low, 0.06, mix(colour, INK, 0.35));
  pen.softPolygon(low, 0.025, colour);
  pen.softPolygon(
    points.map(([x, y]) => [0.5 * x - 0.01, 0.5 * y]),
    0.02,
    mix(colour, WHITE, 0.3),
  );
  pen.ellipse([0, -0.34], [0.06, 0.04], LEAF);
}

function ball(pen, [x, y], [a, b], colour) {
  pen.ellipse([x, y], [a + 0.035, b + 0.035], mix(colour, INK, 0.35));
  pen.ellipse([x, y], [a, b], colour);
  pen.ellipse([x - 0.12 * a, y - 0.14 * b], [0.74 * a, 0.74 * b], mix(colour, WHITE, 0.14));
  pen.ellipse([x - 0.36 * a, y - 0.4 * b], [0.26 * a, 0.2 * b], thin(WHITE, 0.67));
}

function stalk(pen, foot, tip) {
  pen.line([foot, tip], 0.05, mix(LEAF, INK, 0.25));
  pen.ellipse([tip[0] + 0.1, tip[1] + 0.06], [0.12, 0.055], LEAF);
}
