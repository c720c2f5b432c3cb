// Small pictures that are drawn once and then copied: a world of agents is a handful of copies a frame.

import { Pen } from "./pen.js";

const KEPT = 3000; // pictures, then all are forgotten
const SIDE = 2; // cells: shields, beaks and shadows reach beyond one

export class Sprites {
  #kept = new Map();

  /** `cell` is in device pixels. */
  constructor(cell) {
    this.cell = cell;
    this.side = SIDE * cell;
  }

  /** Copies the picture that `draw(pen)` makes to where (x, y) is its centre. */
  put(context, key, x, y, draw) {
    const half = this.side / 2;
    context.drawImage(this.#picture(key, draw), Math.round(x - half), Math.round(y - half));
  }

  #picture(key, draw) {
    let picture = this.#kept.get(key);
    if (picture) return picture;
    if (this.#kept.size >= KEPT) this.#kept.clear();
    picture = canvasOf(this.side, this.side);
    const context = picture.getContext("2d");
    context.translate(this.side / 2, this.side / 2);
    context.scale(this.cell, this.cell);
    draw(new Pen(context));
    this.#kept.set(key, picture);
    return picture;
  }
}

/** A canvas that is on no page. */
export function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  return canvas;
}
