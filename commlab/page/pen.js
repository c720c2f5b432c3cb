// A pen that draws with lengths in cells: the cell's centre is (0, 0), its edges lie at -0.5 and 0.5, y points down.

const TURN = 2 * Math.PI;

export class Pen {
  /** `context` is scaled so that a length of 1 is a cell, and moved so that (0, 0) is the cell's centre. */
  constructor(context) {
    this.context = context;
    context.lineCap = "round";
    context.lineJoin = "round";
  }

  ellipse([x, y], [a, b], colour) {
    this.#fill(colour, (c) => c.ellipse(x, y, a, b, 0, 0, TURN));
  }

  disc(centre, radius, colour) {
    this.ellipse(centre, [radius, radius], colour);
  }

  polygon(points, colour) {
    this.#fill(colour, (c) => trace(c, points));
  }

  /** A polygon whose corners are rounded outwards by `radius`. */
  softPolygon(points, radius, colour) {
    this.polygon(points, colour);
    this.#stroke(colour, 2 * radius, (c) => trace(c, points));
  }

  /** A rectangle with round corners, given its upper left corner. */
  plate([x, y], [width, height], radius, colour) {
    this.#fill(colour, (c) => c.roundRect(x, y, width, height, radius));
  }

  line(points, width, colour) {
    this.#stroke(colour, width, (c) => points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y))));
  }

  /** An arc between two angles in degrees, clockwise from three o'clock. */
  arc(radius, [from, to], width, colour, [x, y] = [0, 0]) {
    this.#stroke(colour, width, (c) => c.arc(x, y, radius, (from * TURN) / 360, (to * TURN) / 360));
  }

  ring(radius, width, colour, centre = [0, 0]) {
    this.arc(radius, [0, 360], width, colour, centre);
  }

  #fill(colour, shape) {
    const c = this.context;
    c.fillStyle = colour;
    c.beginPath();
    shape(c);
    c.fill();
  }

  #stroke(colour, width, shape) {
    const c = this.context;
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.beginPath();
    shape(c);
    c.stroke();
  }
}

/** Traces a closed polygon. */
export function trace(context, points) {
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
}

/** The corners of a regular polygon, one of them at the top. */
export function regular(corners, radius) {
  return Array.from({ length: corners }, (_, i) => {
    const angle = (TURN * i) / corners - TURN / 4;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

/** A superellipse: 2 is an ellipse, more is closer to its rectangle, less to its rhombus. */
export function smooth([a, b], power, [x, y] = [0, 0]) {
  return Array.from({ length: 72 }, (_, i) => {
    const [c, s] = [Math.cos((TURN * i) / 72), Math.sin((TURN * i) / 72)];
    return [x + a * Math.sign(c) * Math.abs(c) ** (2 / power), y + b * Math.sign(s) * Math.abs(s) ** (2 / power)];
  });
}
