// The tracks of the timeline: what each agent says, rewards, events, interventions, and how far the twin is.

import { FONT, shortened, symbolText } from "../page/bubbles.js";
import { INK, thin } from "../page/palette.js";
import { LANES, drawSign, laneOf } from "./signs.js";

export const AXIS = 20; // css pixels, as all that follow
const [LEAST_ROW, MOST_ROW] = [6, 22];
const REWARDS = 24;
export const LANE = 13;
export const SPAN = 12;
const TWIN = 14;
const GAP = 6;
const WANTED = 150; // for the rows of agents, where they need not be smaller
const ROUND = 5; // css pixels: narrower blocks have no round corners and no letters

/** Where everything lies for an episode on a timeline of that width, in css pixels; null where there is none of it. */
export function arrange(episode, width) {
  const { count, facts } = episode;
  const row = Math.max(LEAST_ROW, Math.min(MOST_ROW, Math.floor(WANTED / count)));
  const gutter = width < 600 ? 52 : 96;
  const lanes = LANES.filter((lane) => facts.events.some(([, kind]) => laneOf(kind) === lane));
  let y = AXIS;
  const place = (height) => {
    const top = y;
    y += height + GAP;
    return top;
  };
  const rows = { row, gutter, lanes, width, room: width - gutter - 8, agents: place(count * row) };
  rows.rewards = episode.has("reward") ? place(REWARDS) : null;
  rows.events = lanes.length ? place(lanes.length * LANE) : null;
  rows.changes = facts.changes.length ? place(facts.changes.length * SPAN) : null;
  rows.twin = episode.differs ? place(TWIN) : null;
  rows.height = y;
  return rows;
}

/**
 * Draws all that stands still: `plot` holds episode, runs (of messages), rows (see arrange), colours, pick, range (the
 * steps in sight) and x(t), where a step begins.
 */
export function drawTracks(plot, context) {
  drawAxis(plot, context);
  context.save();
  drawLabels(plot, context);
  context.beginPath();
  context.rect(plot.rows.gutter, 0, plot.rows.room, plot.rows.height);
  context.clip();
  plot.runs.forEach((runs, i) => drawRuns(plot, context, runs, i));
  if (plot.rows.rewards !== null) drawRewards(plot, context);
  if (plot.rows.events !== null) drawEvents(plot, context);
  if (plot.rows.changes !== null) drawChanges(plot, context);
  if (plot.rows.twin !== null) drawTwin(plot, context);
  context.restore();
}

function drawAxis(plot, context) {
  const { colours } = plot;
  const [from, to] = plot.range;
  const { gutter, room, height } = plot.rows;
  const every = niceStep(((to - from) / room) * 64);
  context.font = `11px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let t = Math.ceil(from / every) * every; t < to; t += every) {
    const x = plot.x(t);
    context.strokeStyle = thin(colours.soft, 0.22);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(Math.round(x) + 0.5, AXIS - 3);
    context.lineTo(Math.round(x) + 0.5, height);
    context.stroke();
    context.fillStyle = colours.soft;
    if (x < gutter + room - 8) context.fillText(String(t), Math.max(gutter + 6, x), AXIS / 2);
  }
}

function drawLabels(plot, context) {
  const { colours } = plot;
  const { gutter, row, agents } = plot.rows;
  const wide = gutter > 60;
  context.textAlign = "right";
  context.textBaseline = "middle";
  plot.episode.agents.forEach((agent, i) => {
    const y = agents + (i + 0.5) * row;
    const colour = plot.episode.scene.colours[i];
    if (i === plot.pick) {
      context.fillStyle = thin(colours.focus, colours.dark ? 0.26 : 0.13);
      context.fillRect(0, agents + i * row, plot.rows.width, row);
    } else if (i % 2) {
      context.fillStyle = thin(colours.soft, 0.06);
      context.fillRect(gutter, agents + i * row, plot.rows.room, row);
    }
    context.fillStyle = colour;
    context.beginPath();
    context.roundRect(gutter - 8, y - Math.min(5, row / 2 - 1), 4, Math.min(10, row - 2), 2);
    context.fill();
    if (row < 8 && i !== plot.pick) return;
    context.font = `${i === plot.pick ? "700 " : ""}${Math.min(12, Math.max(9, row - 1))}px ${FONT}`;
    context.fillStyle = i === plot.pick ? colours.ink : colours.soft;
    context.fillText(wide ? shortened(agent.name, 13) : shortened(agent.name.split(" ").at(-1), 5), gutter - 13, y);
  });
  context.font = `11px ${FONT}`;
  context.fillStyle = colours.soft;
  const label = (text, top, height) => context.fillText(text, gutter - 7, top + height / 2);
  if (plot.rows.rewards !== null) label("reward", plot.rows.rewards, REWARDS);
  plot.rows.lanes.forEach((lane, n) => label(lane, plot.rows.events + n * LANE, LANE));
  plot.episode.facts.changes.forEach((_, n) => label("changed", plot.rows.changes + n * SPAN, SPAN));
  if (plot.rows.twin !== null) label(wide ? "unlike twin" : "≠ twin", plot.rows.twin, TWIN);
}

function drawRuns(plot, context, runs, i) {
  const { colours } = plot;
  const [from, to] = plot.range;
  const { row, agents } = plot.rows;
  const top = agents + i * row + Math.min(1.5, 0.1 * row);
  const height = row - Math.min(3, 0.2 * row);
  const known = plot.episode.has("true");
  for (const { first, last, symbols, colour, silent } of runs) {
    if (last < from || first >= to) continue;
    const [left, right] = [plot.x(first), plot.x(last + 1)];
    const width = Math.max(1, right - left - (right - left > 4 ? 1 : 0));
    context.fillStyle = colour ?? thin(colours.soft, 0.18);
    if (width < ROUND) {
      context.fillRect(left, top, width, height);
      continue;
    }
    context.beginPath();
    context.roundRect(left, top, width, height, Math.min(3, height / 2));
    context.fill();
    if (height >= 10 && !silent) writeIn(context, plot.episode.written(symbols), left, top, width, height);
  }
  if (known && height >= 5) for (const { first, last } of runs) drawFalse(plot, context, first, last, i, top + height);
  if (plot.episode.has("injected")) drawHeardInjected(plot, context, i, top + height);
}

/** A line under what was said although it was not so. */
function drawFalse(plot, context, first, last, i, bottom) {
  context.fillStyle = "#b3261e";
  for (let t = first; t <= last; t++) {
    if (plot.episode.truth(t, i).verdict !== "false") continue;
    context.fillRect(plot.x(t), bottom - 2, Math.max(1, plot.x(t + 1) - plot.x(t) - 0.5), 2);
  }
}

/** A line over the steps at which an agent hears what an intervention put there. */
function drawHeardInjected(plot, context, i, bottom) {
  const { colours } = plot;
  context.fillStyle = colours.ghost;
  for (let t = Math.floor(plot.range[0]); t < plot.range[1] && t < plot.episode.steps; t++) {
    if (plot.episode.hears(t, i).some((slot) => slot.injected))
      context.fillRect(plot.x(t), bottom - plot.rows.row + 1, Math.max(1, plot.x(t + 1) - plot.x(t)), 2.5);
  }
}

function drawRewards(plot, context) {
  const { colours } = plot;
  const { rewards } = plot.rows;
  const sums = rewardsOf(plot.episode);
  const most = Math.max(...sums.map(Math.abs), 1e-9);
  const middle = rewards + (sums.some((sum) => sum < 0) ? REWARDS / 2 : REWARDS);
  const full = middle - rewards;
  context.fillStyle = thin(colours.soft, 0.35);
  context.fillRect(plot.rows.gutter, middle - 0.5, plot.rows.room, 1);
  sums.forEach((sum, t) => {
    if (!sum) return;
    const height = Math.max(2, (Math.abs(sum) / most) * (full - 1));
    context.fillStyle = sum > 0 ? (colours.dark ? "#57c7a8" : "#17876d") : colours.dark ? "#ff8a80" : "#b3261e";
    const width = Math.max(1.5, Math.min(9, plot.x(t + 1) - plot.x(t) - 1));
    context.fillRect((plot.x(t) + plot.x(t + 1) - width) / 2, sum > 0 ? middle - height : middle, width, height);
  });
}

function drawEvents(plot, context) {
  const { colours } = plot;
  const { events, lanes } = plot.rows;
  for (const [t, kind, agent, other] of plot.episode.facts.events) {
    if (t + 1 < plot.range[0] || t > plot.range[1]) continue;
    const x = (plot.x(t) + plot.x(t + 1)) / 2;
    const y = events + (lanes.indexOf(laneOf(kind)) + 0.5) * LANE;
    const mine = plot.pick === null || agent === plot.pick || other === plot.pick;
    const missed = other < 0 && (kind === "attack" || kind === "give");
    drawSign(context, kind, x, y, missed ? 2 : 4.2, colours, missed ? 0.35 : mine ? 1 : 0.6);
  }
}

function drawChanges(plot, context) {
  const { colours } = plot;
  plot.episode.facts.changes.forEach(({ first, last, sentence }, n) => {
    const [left, right] = [plot.x(first), plot.x(last + 1)];
    const top = plot.rows.changes + n * SPAN;
    context.fillStyle = thin(colours.ghost, colours.dark ? 0.5 : 0.3);
    context.beginPath();
    context.roundRect(left, top + 1, Math.max(2, right - left), SPAN - 2, 3);
    context.fill();
    context.font = `10px ${FONT}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillStyle = colours.ink;
    const room = right - left - 8;
    const width = context.measureText(sentence).width;
    if (width > room && room < 50) return;
    const text = width <= room ? sentence : shortened(sentence, Math.floor((sentence.length * room) / width) - 1);
    context.fillText(text, left + 4, top + SPAN / 2 + 0.5);
  });
}

function drawTwin(plot, context) {
  const { colours } = plot;
  const { twin } = plot.rows;
  plot.episode.differs.forEach((ids, t) => {
    if (!ids.length) return;
    const height = Math.max(3, (TWIN * ids.length) / plot.episode.count);
    context.fillStyle = colours.differ;
    context.fillRect(plot.x(t), twin + TWIN - height, plot.x(t + 1) - plot.x(t) + 0.7, height);
  });
}

/** The rewards of all agents, by step. */
function rewardsOf(episode) {
  return Array.from({ length: episode.steps }, (_, t) =>
    episode.agents.reduce((sum, _, i) => sum + episode.reward(t, i), 0),
  );
}

/** Writes a message into its block, if there is room. */
function writeIn(context, symbols, left, top, width, height) {
  context.font = `600 ${Math.min(12, height - 3)}px ${FONT}`;
  const text = symbolText(symbols);
  if (context.measureText(text).width > width - 4) return;
  context.fillStyle = INK;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, left + width / 2, top + height / 2 + 0.5);
}

/** The round number of steps that is at least `wanted`. */
function niceStep(wanted) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, wanted)));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= wanted) ?? 10 * power;
}
