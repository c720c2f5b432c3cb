// What an agent sees: its window, cell by cell, on a small canvas.

import { theme } from "./palette.js";
import { drawFigure } from "./figures.js";
import { Pen } from "./pen.js";
import { Cell, LEVELS, NAMES, drawThing } from "./things.js";

/**
 * Draws `window` (rows of cell codes, the agent in the middle), as much of it as is seen, within `side` css pixels and
 * with cells of at most `most`; other agents look as `others` ("row,column" from the middle -> figure) says.
 * Returns what is seen, in words.
 */
export function drawSight(canvas, window_, self, others, side, most) {
  const unit = window.devicePixelRatio || 1;
  const colours = theme(matchMedia("(prefers-color-scheme: dark)").matches);
  const middle = Math.floor(window_.length / 2);
  const reach = seenReach(window_, middle);
  const n = 2 * reach + 1;
  const cell = Math.floor(Math.min(side / n, most) * unit);
  if (canvas.width !== n * cell) {
    canvas.width = canvas.height = n * cell;
    canvas.style.width = canvas.style.height = `${(n * cell) / unit}px`;
  }
  const context = canvas.getContext("2d");
  const counts = new Map();
  for (let row = -reach; row <= reach; row++) {
    for (let column = -reach; column <= reach; column++) {
      const code = window_[middle + row]?.[middle + column] ?? Cell.UNSEEN;
      const [x, y] = [(column + reach) * cell, (row + reach) * cell];
      context.fillStyle = groundOf(code, row + column, colours);
      context.fillRect(x, y, cell, cell);
      const pen = penAt(context, x + cell / 2, y + cell / 2, cell);
      if (row === 0 && column === 0) drawFigure(pen, self);
      else if (code === Cell.AGENT)
        drawFigure(pen, others.get(`${row},${column}`) ?? { ...self, colour: "#8992a0", body: 0, facing: 2 });
      else drawThing(pen, { kind: code, level: LEVELS, ready: true, link: 0 });
      context.restore();
      if (code in NAMES && code !== Cell.WALL && (row || column))
        counts.set(NAMES[code], (counts.get(NAMES[code]) ?? 0) + 1);
    }
  }
  return [...counts].map(([name, count]) => (count > 1 ? `${count} × ${name}` : name)).join(", ");
}

/** How far from the middle anything is seen, in cells. */
function seenReach(window_, middle) {
  let reach = 0;
  window_.forEach((row, r) =>
    row.forEach((code, c) => {
      if (code !== Cell.UNSEEN) reach = Math.max(reach, Math.abs(r - middle), Math.abs(c - middle));
    }),
  );
  return reach;
}

function groundOf(code, parity, colours) {
  if (code === Cell.UNSEEN) return colours.page;
  if (code === Cell.WALL) return colours.wall;
  return Math.abs(parity) % 2 ? colours.floorToo : colours.floor;
}

function penAt(context, x, y, cell) {
  context.save();
  context.translate(x, y);
  context.scale(cell, cell);
  return new Pen(context);
}
