// What is drawn around the things of a world: who is picked, who is kin, and what differs from the other world.

import { STRIKE, WHITE, mix, thin } from "./palette.js";
import { FONT } from "./bubbles.js";
import { Cell } from "./things.js";

const TURN = 2 * Math.PI;
const { UNSEEN } = Cell;

/** The corners of a frame around the agent that is picked. */
export function drawPick(context, x, y, cell, unit, theme) {
  const [half, arm] = [0.6 * cell, 0.24 * cell];
  const corners = (width, colour) => {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.beginPath();
    for (const [right, down] of [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ]) {
      context.moveTo(x + right * half, y + down * (half - arm));
      context.lineTo(x + right * half, y + down * half);
      context.lineTo(x + right * (half - arm), y + down * half);
    }
    context.stroke();
  };
  corners(Math.max(5 * unit, 0.13 * cell), theme.dark ? theme.edge : WHITE);
  corners(Math.max(2.5 * unit, 0.07 * cell), theme.focus);
}

/** A dashed ring around what differs from the other world. */
export function drawDiffers(context, x, y, cell, unit, theme, radius = 0.56) {
  const thick = Math.min(unit, cell / 20);
  ring(context, x, y, radius * cell, 5 * thick, theme.dark ? theme.edge : WHITE, []);
  ring(context, x, y, radius * cell, 2.5 * thick, theme.differ, [4.5 * thick, 4 * thick]);
}

/** The outline of an agent where it is in the other world, and a dotted line to it. */
export function drawElsewhere(context, [x, y], [otherX, otherY], cell, unit, theme) {
  context.lineCap = "round";
  for (const [width, colour] of [
    [4.5 * unit, theme.dark ? theme.edge : WHITE],
    [2 * unit, theme.differ],
  ]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash([0.1, 6 * unit]);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(otherX, otherY);
    context.stroke();
  }
  context.setLineDash([]);
  context.fillStyle = thin(theme.differ, 0.13);
  context.beginPath();
  context.arc(otherX, otherY, 0.34 * cell, 0, TURN);
  context.fill();
  ring(context, otherX, otherY, 0.34 * cell, 1.5 * unit, theme.differ, [2 * unit, 3 * unit]);
}

/** The way that an agent came, fading: `points` from the oldest to the newest. */
export function drawTrail(context, points, colour, cell, unit) {
  context.lineCap = "round";
  for (let i = 1; i < points.length; i++) {
    context.strokeStyle = thin(colour, 0.12 + (0.5 * i) / points.length);
    context.lineWidth = Math.max(2 * unit, 0.09 * cell);
    context.beginPath();
    context.moveTo(...points[i - 1]);
    context.lineTo(...points[i]);
    context.stroke();
  }
}

/** The square that an agent sees, within `area`. */
export function drawView(context, x, y, reach, area, unit, colour, theme) {
  const [left, top] = [Math.max(area[0], x - reach), Math.max(area[1], y - reach)];
  const [right, bottom] = [Math.min(area[2], x + reach), Math.min(area[3], y + reach)];
  context.fillStyle = thin(colour, theme.dark ? 0.14 : 0.07);
  context.strokeStyle = thin(theme.dark ? mix(colour, WHITE, 0.5) : colour, 0.6);
  context.lineWidth = 1.5 * unit;
  context.beginPath();
  context.roundRect(left, top, right - left, bottom - top, 5 * unit);
  context.fill();
  context.stroke();
}

/** The circle within which an agent hears. */
export function drawHearing(context, x, y, radius, unit, colour, theme) {
  ring(context, x, y, radius, 1.5 * unit, thin(theme.dark ? mix(colour, WHITE, 0.5) : colour, 0.6), [
    1.5 * unit,
    5 * unit,
  ]);
}

/** A line between partners who are bonded. */
export function drawBond(context, from, to, cell, unit, colour) {
  strokeLine(context, from, to, [
    [Math.max(4 * unit, 0.1 * cell), thin(WHITE, 0.7)],
    [Math.max(2 * unit, 0.05 * cell), colour],
  ]);
}

/** A straight line with round ends, stroked once for each [width, tone], the widest first. */
function strokeLine(context, from, to, strokes) {
  context.lineCap = "round";
  for (const [width, tone] of strokes) {
    context.strokeStyle = tone;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
  }
}

/**
 * An agent's number on a plate at the upper left of its cell. Kin of the picked agent have a round filled plate, and
 * strangers a square empty one; with nobody picked all are round and empty.
 */
export function drawBadge(context, number, relation, colour, x, y, cell, unit, theme) {
  const size = Math.max(10 * unit, Math.min(12 * unit, 0.28 * cell));
  context.font = `700 ${size}px ${FONT}`;
  const width = Math.max(size, context.measureText(String(number)).width) + 5 * unit;
  const height = size + 4 * unit;
  const [left, top] = [x - 0.56 * cell - width / 2 + 2 * unit, y - 0.56 * cell - height / 2 + 2 * unit];
  const dark = mix(colour, "#000000", 0.35);
  context.beginPath();
  context.roundRect(left, top, width, height, relation === "stranger" ? 1.5 * unit : height / 2);
  context.fillStyle = relation === "kin" || relation === "self" ? dark : WHITE;
  context.fill();
  context.strokeStyle = relation === "kin" || relation === "self" ? WHITE : dark;
  context.lineWidth = 1.5 * unit;
  context.setLineDash([]);
  context.stroke();
  context.fillStyle = relation === "kin" || relation === "self" ? WHITE : "#1d2430";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(number), left + width / 2, top + height / 2 + 0.5 * unit);
}

/** A veil over all that an agent does not see: `window` holds cell codes around its [row, column]. */
export function drawFog(context, area, { cell, theme }, { row, column, window }, [x, y]) {
  const reach = Math.floor(window.length / 2);
  const veil = new Path2D();
  veil.rect(area[0], area[1], area[2] - area[0], area[3] - area[1]);
  window.forEach((codes, down) =>
    codes.forEach((code, right) => {
      if (code === UNSEEN) return;
      veil.rect(x + (column + right - reach) * cell, y + (row + down - reach) * cell, cell, cell);
    }),
  );
  context.fillStyle = thin(theme.dark ? "#05070a" : "#39424f", theme.dark ? 0.72 : 0.62);
  context.fill(veil, "evenodd");
}

/** The way of a message from who says it to who hears it: dashed until it has arrived. */
export function drawThread(context, [x, y], [toX, toY], { cell, unit, theme, arrived, colour }) {
  const far = Math.hypot(toX - x, toY - y);
  if (far < 1) return;
  const [right, down] = [(toX - x) / far, (toY - y) / far];
  const [start, end] = [0.42 * cell, far - 0.5 * cell];
  if (end <= start) return;
  const bend = Math.min(0.18 * far, 1.2 * cell);
  const tip = [x + right * end, y + down * end];
  const control = [x + (right * far) / 2 - down * bend, y + (down * far) / 2 + right * bend];
  const head = Math.max(5 * unit, 0.16 * cell);
  const turn = Math.atan2(tip[1] - control[1], tip[0] - control[0]);
  for (const [width, tone] of [
    [5 * unit, theme.dark ? theme.edge : WHITE],
    [2.5 * unit, theme.dark ? mix(colour, WHITE, 0.4) : colour],
  ]) {
    context.strokeStyle = context.fillStyle = tone;
    context.lineWidth = width;
    context.lineCap = "round";
    context.setLineDash(arrived ? [] : [6 * unit, 6 * unit]);
    context.beginPath();
    context.moveTo(x + right * start, y + down * start);
    context.quadraticCurveTo(...control, ...tip);
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(tip[0] + head * 0.4 * Math.cos(turn), tip[1] + head * 0.4 * Math.sin(turn));
    for (const side of [2.6, -2.6])
      context.lineTo(tip[0] + head * Math.cos(turn + side), tip[1] + head * Math.sin(turn + side));
    context.closePath();
    context.fill();
    if (width > 3 * unit) context.stroke();
  }
}

/** An attack: a ray to where it strikes. */
export function drawStrike(context, from, to, cell, unit) {
  strokeLine(context, from, to, [
    [Math.max(5 * unit, 0.16 * cell), thin(STRIKE, 0.35)],
    [Math.max(2 * unit, 0.06 * cell), STRIKE],
  ]);
}

/** What an agent is paid in this step, at the lower right of its cell. */
export function drawGain(context, gain, x, y, cell, unit, theme) {
  const size = Math.max(10 * unit, Math.min(13 * unit, 0.26 * cell));
  const text = `${gain > 0 ? "+" : "−"}${Number(Math.abs(gain).toPrecision(2))}`;
  context.font = `700 ${size}px ${FONT}`;
  const [width, height] = [context.measureText(text).width + 6 * unit, size + 4 * unit];
  const [left, top] = [x + 0.5 * cell - width / 2, y + 0.42 * cell - height / 2];
  context.beginPath();
  context.roundRect(left, top, width, height, height / 2);
  context.fillStyle = gain > 0 ? "#17876d" : "#b3261e";
  context.fill();
  context.strokeStyle = theme.dark ? theme.edge : WHITE;
  context.lineWidth = 1.5 * unit;
  context.stroke();
  context.fillStyle = WHITE;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, left + width / 2, top + height / 2 + 0.5 * unit);
}

/** A dot on who speaks, where there is no room for what it says. */
export function drawSpeakerDot(context, x, y, cell, unit, colour) {
  const radius = Math.min(Math.max(3 * unit, 0.13 * cell), 0.35 * cell);
  for (const [r, tone] of [
    [radius + Math.min(1.5 * unit, 0.15 * cell), mix(colour, "#1d2430", 0.55)],
    [radius, WHITE],
  ]) {
    context.fillStyle = tone;
    context.beginPath();
    context.arc(x + 0.4 * cell, y - 0.4 * cell, r, 0, TURN);
    context.fill();
  }
}

function ring(context, x, y, radius, width, colour, dashes) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineCap = "butt";
  context.setLineDash(dashes);
  context.beginPath();
  context.arc(x, y, radius, 0, TURN);
  context.stroke();
  context.setLineDash([]);
}
