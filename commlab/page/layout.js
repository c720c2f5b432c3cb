// Where the boards of the worlds lie on a canvas, and how large their cells are; all in device pixels.

import { isWalled } from "./scene.js";

const TITLE = 30; // css pixels above each board
const GAP = 14; // css pixels between boards
const LARGEST = 64; // css pixels of a cell
const LEAST = 2; // device pixels of a cell
const BORDER = 0.45; // of a cell: what is shown of a wall around the whole map

/**
 * The boards of `count` worlds (1 or 2) with this map in a box of css pixels: side by side or one below the other,
 * whichever makes larger cells. `unit` is the device pixels in a css pixel, `near` the css pixels of a cell where the
 * picture shows a part of the map, else null. Returns cell, areas ([left, top, right, bottom] of each), and crop, the
 * part of a cell that is left out on every side.
 */
export function fitBoards(map, count, box, unit, near) {
  const [width, height] = [Math.floor(box.width * unit), Math.floor(box.height * unit)];
  const [gap, title] = [Math.round(GAP * unit), Math.round(TITLE * unit)];
  const beside = [Math.floor((width - (count - 1) * gap) / count), height - title];
  const below = [width, Math.floor((height - (count - 1) * gap) / count) - title];
  const crop = isWalled(map) ? 1 - BORDER : 0;
  const [columns, rows] = [map.width - 2 * crop, map.height - 2 * crop];
  const cellIn = ([w, h]) => Math.floor(Math.min(w / columns, h / rows));
  const wide = cellIn(beside) >= cellIn(below);
  const room = wide ? beside : below;
  const wanted = near === null ? Math.min(cellIn(room), Math.round(LARGEST * unit)) : Math.round(near * unit);
  const cell = Math.max(LEAST, wanted);
  const size = [Math.min(room[0], Math.round(cell * columns)), Math.min(room[1], Math.round(cell * rows))];
  const step = wide ? [size[0] + gap, 0] : [0, size[1] + gap + title];
  const left = Math.max(0, Math.floor((width - size[0] - (count - 1) * step[0]) / 2));
  const areas = Array.from({ length: count }, (_, n) => {
    const [x, y] = [left + n * step[0], title + n * step[1]];
    return [x, y, x + size[0], y + size[1]];
  });
  return { cell, areas, width, height, unit, crop };
}

/**
 * Where the map's upper left corner lies for a board: its edges where all has room, else so that the cell `place`
 * ([row, column]) is in the middle, as far as the map reaches.
 */
export function cameraFor(map, area, { cell, crop }, [row, column]) {
  const shift = (low, high, length, at) => {
    const [first, last] = [low - crop * cell, high + crop * cell];
    if (length * cell <= last - first + 1) return Math.round(first);
    return Math.round(Math.min(first, Math.max(last - length * cell, (low + high) / 2 - (at + 0.5) * cell)));
  };
  return [shift(area[0], area[2], map.width, column), shift(area[1], area[3], map.height, row)];
}
