// The ground of a map: floor, walls as joined solid shapes, and the rings of sites; drawn once for a size and a theme.

import { SHADE, WHITE, mix, thin } from "./palette.js";
import { canvasOf } from "./sprites.js";
import { Cell } from "./things.js";

const ROUND = 0.3; // of a cell: the corners of walls
const HEIGHT = 0.13; // of a cell: the side of a wall that is seen

/**
 * A canvas with the ground of `map` (height, width, grid of codes, sites) with cells of `cell` device pixels.
 * `changes` holds [row, column, code] of walls that were built or broken.
 */
export function drawGround(map, changes, cell, theme) {
  const canvas = canvasOf(map.width * cell, map.height * cell);
  const context = canvas.getContext("2d");
  const built = new Map(changes.map(([row, column, code]) => [row * map.width + column, code]));
  const codeAt = (row, column) => built.get(row * map.width + column) ?? map.grid[row]?.[column];
  drawFloor(context, map, codeAt, cell, theme);
  const inside = (test) => (row, column) =>
    row >= 0 && column >= 0 && row < map.height && column < map.width && test(row, column);
  const isBuilt = (row, column) => built.has(row * map.width + column);
  raise(
    context,
    wallPath(
      map,
      inside((r, c) => codeAt(r, c) === Cell.WALL && !isBuilt(r, c)),
      cell,
    ),
    cell,
    theme.wall,
    theme.wallSide,
  );
  raise(
    context,
    wallPath(
      map,
      inside((r, c) => codeAt(r, c) === Cell.WALL && isBuilt(r, c)),
      cell,
    ),
    cell,
    theme.brittle,
    theme.brittleSide,
  );
  return canvas;
}

function drawFloor(context, map, codeAt, cell, theme) {
  for (let row = 0; row < map.height; row++) {
    for (let column = 0; column < map.width; column++) {
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

/** The outline of all walls: cells whose corners are round where no wall goes on, and filled where two walls meet. */
function wallPath(map, isWall, cell) {
  const path = new Path2D();
  const radius = ROUND * cell;
  for (let row = 0; row < map.height; row++) {
    for (let column = 0; column < map.width; column++) {
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
