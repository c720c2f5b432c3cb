// The ground of a map: floor, walls as joined solid shapes, and the rings of sites; each part is drawn once for a size and a theme.

import { SHADE, WHITE, mix, thin } from "./palette.js";
import { canvasOf } from "./sprites.js";
import { Cell } from "./things.js";

const ROUND = 0.3; // of a cell: the corners of walls
const HEIGHT = 0.13; // of a cell: the side of a wall that is seen

const TILE = 1024; // device pixels, about: a large map is drawn in parts, as they come into sight
const KEPT = 24; // tiles

/** The ground of `map` (height, width, grid of codes, sites) with cells of `cell` device pixels. */
export class Ground {
  #map;
  #cell;
  #theme;
  #built;
  #span;
  #tiles = new Map();

  /** `changes` holds [row, column, code] of walls that were built or broken. */
  constructor(map, changes, cell, theme) {
    this.#map = map;
    this.#cell = cell;
    this.#theme = theme;
    this.#built = new Map(changes.map(([row, column, code]) => [row * map.width + column, code]));
    this.#span = Math.max(8, Math.round(TILE / cell));
  }

  /** Draws what lies in `area` of a map whose upper left corner is at `corner` ([x, y]). */
  draw(context, [x, y], area) {
    const size = this.#span * this.#cell;
    const range = (low, high, count) => [
      Math.max(0, Math.floor(low / size)),
      Math.min(Math.ceil(count / this.#span) - 1, Math.floor(high / size)),
    ];
    const [left, right] = range(area[0] - x, area[2] - x, this.#map.width);
    const [top, bottom] = range(area[1] - y, area[3] - y, this.#map.height);
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        context.drawImage(this.#tile(row, column), x + column * size, y + row * size);
      }
    }
  }

  #tile(row, column) {
    const key = row * this.#map.width + column;
    let tile = this.#tiles.get(key);
    if (tile) return tile;
    if (this.#tiles.size >= KEPT) this.#tiles.delete(this.#tiles.keys().next().value);
    tile = this.#drawn(row * this.#span, column * this.#span);
    this.#tiles.set(key, tile);
    return tile;
  }

  /** A canvas with the part of the map that begins at that cell; walls beside it reach into it. */
  #drawn(top, left) {
    const [map, cell, theme, built] = [this.#map, this.#cell, this.#theme, this.#built];
    const [bottom, right] = [Math.min(map.height, top + this.#span), Math.min(map.width, left + this.#span)];
    const canvas = canvasOf((right - left) * cell, (bottom - top) * cell);
    const context = canvas.getContext("2d");
    context.translate(-left * cell, -top * cell);
    const codeAt = (row, column) => built.get(row * map.width + column) ?? map.grid[row]?.[column];
    const around = [Math.max(0, top - 1), Math.max(0, left - 1), Math.min(map.height, bottom + 1)];
    around.push(Math.min(map.width, right + 1));
    const inside = (row, column) => row >= 0 && column >= 0 && row < map.height && column < map.width;
    const isBuilt = (row, column) => built.has(row * map.width + column);
    const wall = (brittle) => (row, column) =>
      inside(row, column) && codeAt(row, column) === Cell.WALL && isBuilt(row, column) === brittle;
    drawFloor(context, map, codeAt, [top, left, bottom, right], cell, theme);
    raise(context, wallPath(around, wall(false), cell), cell, theme.wall, theme.wallSide);
    raise(context, wallPath(around, wall(true), cell), cell, theme.brittle, theme.brittleSide);
    return canvas;
  }
}

function drawFloor(context, map, codeAt, [top, left, bottom, right], cell, theme) {
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const unseen = codeAt(row, column) === Cell.UNSEEN;
      context.fillStyle = unseen ? theme.page : (row + column) % 2 ? theme.floorToo : theme.floor;
      context.fillRect(column * cell, row * cell, cell, cell);
    }
  }
  context.strokeStyle = theme.ring;
  context.lineWidth = Math.max(1, 0.05 * cell);
  for (const [row, column] of map.sites ?? []) {
    context.beginPath();
    context.arc((column + 0.5) * cell, (row + 0.5) * cell, 0.3 * cell, 0, 2 * Math.PI);
    context.stroke();
  }
}

/** The outline of the walls in a part of a map: corners are round where no wall goes on, and filled where two meet. */
function wallPath([top, left, bottom, right], isWall, cell) {
  const path = new Path2D();
  const radius = ROUND * cell;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const [x, y] = [column * cell, row * cell];
      const sides = [
        isWall(row - 1, column),
        isWall(row, column + 1),
        isWall(row + 1, column),
        isWall(row, column - 1),
      ];
      const [north, east, south, west] = sides;
      if (isWall(row, column)) {
        const round = [north || west, north || east, south || east, south || west].map((joined) =>
          joined ? 0 : radius,
        );
        path.roundRect(x, y, cell, cell, round);
        continue;
      }
      if (north && west && isWall(row - 1, column - 1)) fillet(path, x, y, 1, 1, radius / 2);
      if (north && east && isWall(row - 1, column + 1)) fillet(path, x + cell, y, -1, 1, radius / 2);
      if (south && east && isWall(row + 1, column + 1)) fillet(path, x + cell, y + cell, -1, -1, radius / 2);
      if (south && west && isWall(row + 1, column - 1)) fillet(path, x, y + cell, 1, -1, radius / 2);
    }
  }
  return path;
}

/** Adds the little corner between two walls that meet at (x, y). */
function fillet(path, x, y, right, down, radius) {
  path.moveTo(x, y);
  path.lineTo(x + right * radius, y);
  path.quadraticCurveTo(x, y, x, y + down * radius);
  path.closePath();
}

/** Draws walls that stand out of the floor: a shadow, a side and a top that the light falls on. */
function raise(context, path, cell, top, side) {
  const height = Math.max(1, Math.round(HEIGHT * cell));
  const fill = (colour, down) => {
    context.save();
    context.translate(0, down);
    context.fillStyle = colour;
    context.fill(path);
    context.restore();
  };
  fill(thin(SHADE, 0.16), height + Math.max(1, Math.round(0.05 * cell)));
  for (let down = height; down > 0; down--) fill(side, down);
  fill(mix(top, WHITE, 0.3), 0);
  fill(top, Math.max(1, Math.round(0.045 * cell)));
}
