// Signs of what happened: a shape and a colour for each kind, told apart without the colour.

import { BOND, STRIKE, thin } from "../page/palette.js";

export const LANES = ["attack", "steal", "give", "freeze", "build", "bond"];
const COLOURS = {
  attack: [STRIKE, "#ff8a5c"],
  steal: ["#8a4b00", "#e8a33a"],
  give: ["#17876d", "#57c7a8"],
  freeze: ["#0b62a8", "#7db8e8"],
  build: ["#4a5568", "#b7c0cc"],
  dismantle: ["#4a5568", "#b7c0cc"],
  bond: [BOND, "#ff9cc4"],
};

const VERBS = {
  attack: ["attacks", "attacks nobody"],
  steal: ["steals from", "steals"],
  give: ["gives to", "gives to nobody"],
  freeze: ["is frozen by", "is frozen"],
  build: ["builds beside", "builds"],
  dismantle: ["dismantles beside", "dismantles"],
  bond: ["bonds with", "bonds"],
};

/** An event in words; `name(id)` is what an agent is called. */
export function toldOf([, kind, agent, other, note], name) {
  const [met, alone] = VERBS[kind];
  const more = note && note !== "nobody there" ? ` (${note})` : "";
  return `${name(agent)} ${other >= 0 ? `${met} ${name(other)}` : alone}${more}`;
}

/** The lane that events of a kind lie in. */
export const laneOf = (kind) => (kind === "dismantle" ? "build" : kind);

/** Draws the sign of an event about (x, y). */
export function drawSign(context, kind, x, y, size, { dark }, share = 1) {
  context.fillStyle = context.strokeStyle = thin(COLOURS[kind][dark ? 1 : 0], share);
  context.lineWidth = 1.6;
  context.lineCap = "round";
  context.beginPath();
  SHAPES[kind](context, x, y, size);
}

const SHAPES = {
  attack: (c, x, y, s) => {
    lines(c, [
      [x - s, y - s, x + s, y + s],
      [x - s, y + s, x + s, y - s],
    ]);
  },
  steal: (c, x, y, s) => polygon(c, [x, y - s, x + s, y, x, y + s, x - s, y]),
  give: (c, x, y, s) => {
    c.arc(x, y, 0.8 * s, 0, 2 * Math.PI);
    c.fill();
  },
  freeze: (c, x, y, s) => c.fillRect(x - 0.75 * s, y - 0.75 * s, 1.5 * s, 1.5 * s),
  build: (c, x, y, s) => polygon(c, [x, y - s, x + s, y + 0.8 * s, x - s, y + 0.8 * s]),
  dismantle: (c, x, y, s) => polygon(c, [x, y + s, x + s, y - 0.8 * s, x - s, y - 0.8 * s]),
  bond: (c, x, y, s) => {
    c.arc(x - 0.45 * s, y, 0.6 * s, 0, 2 * Math.PI);
    c.moveTo(x + 1.05 * s, y);
    c.arc(x + 0.45 * s, y, 0.6 * s, 0, 2 * Math.PI);
    c.stroke();
  },
};

function lines(context, ends) {
  for (const [x, y, toX, toY] of ends) {
    context.moveTo(x, y);
    context.lineTo(toX, toY);
  }
  context.stroke();
}

function polygon(context, numbers) {
  for (let i = 0; i < numbers.length; i += 2) context.lineTo(numbers[i], numbers[i + 1]);
  context.closePath();
  context.fill();
}
