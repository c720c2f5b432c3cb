// The timeline: who says what, rewards, deeds, interventions and the twin, step by step, to look at and to scrub.

import { FONT, percent, shortened, symbolText } from "../page/bubbles.js";
import { INK, mix, theme, thin } from "../page/palette.js";
import { canvasOf } from "../page/sprites.js";
import { runsOf } from "./messages.js";
import { LANES, drawSign, laneOf, toldOf } from "./signs.js";

const AXIS = 20; // css pixels, as all that follow
const [LEAST_ROW, MOST_ROW] = [6, 22];
const REWARDS = 24;
const LANE = 13;
const SPAN = 12;
const TWIN = 14;
const GAP = 6;
const WANTED = 150; // for the rows of agents, where they need not be smaller
const CLICK = 4; // that a pointer may move in a click
const ROUND = 5; // css pixels: narrower blocks have no round corners and no letters
const LEAST_STEPS = 8; // in sight, at most zoom
const SHARE = 0.2; // of what is in sight: how near to its edge the playhead comes before the view moves on

export class Timeline {
  #canvas;
  #context;
  #episode = null;
  #runs = [];
  #rows = null;
  #range = [0, 1];
  #t = 0;
  #pick = null;
  #follow = null;
  #still = null; // the drawing without what moves
  #asked = 0;
  #pointers = new Map();
  #pressed = null;
  #night = matchMedia("(prefers-color-scheme: dark)");
  #on;

  /** `on` holds seek(t), message(agent, t) and tip(sentence). */
  constructor(canvas, on) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    this.#on = on;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#up(event, false));
    canvas.addEventListener("pointerleave", () => this.#on.tip(""));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("dblclick", () => this.#show(0, this.#episode?.steps ?? 1));
    this.#night.addEventListener("change", () => this.#forget());
    new ResizeObserver(() => this.#forget()).observe(canvas.parentElement);
  }

  setEpisode(episode) {
    this.#episode = episode;
    this.#runs = runsOf(episode);
    this.#range = [0, episode.steps];
    this.#forget();
  }

  setTime(t) {
    this.#t = t;
    const [from, to] = this.#range;
    const length = to - from;
    if (length < this.#episode.steps && !this.#pressed && (t < from + SHARE * length || t > to - SHARE * length))
      this.#show(t < from || t >= to ? t - length / 2 : t < from + SHARE * length ? t - SHARE * length : t - (1 - SHARE) * length, length);
    this.#redraw();
    this.#canvas.setAttribute("aria-valuenow", String(t));
    this.#canvas.setAttribute("aria-valuetext", `step ${t} of ${this.#episode.steps}`);
  }

  setPick(pick) {
    this.#pick = pick;
    this.#forget();
  }

  /** Marks a message, and those who hear it. */
  setFollow(follow) {
    this.#follow = follow;
    this.#redraw();
  }

  /** Shows fewer steps, or more (below 1), about the step that is shown now. */
  zoom(factor, about = this.#t) {
    const [from, to] = this.#range;
    const length = Math.max(LEAST_STEPS, Math.min(this.#episode.steps, (to - from) / factor));
    this.#show(about - ((about - from) * length) / (to - from), length);
  }

  /** The first step of the next (or last) message of an agent, from step t; null where there is none. */
  nextMessage(t, agent, by) {
    const runs = this.#runs[agent] ?? [];
    const found = by > 0 ? runs.find((run) => run.first > t) : runs.findLast((run) => run.first < t);
    return found?.first ?? null;
  }

  #show(from, length) {
    const steps = this.#episode?.steps ?? 1;
    const kept = Math.min(length, steps);
    const start = Math.max(0, Math.min(steps - kept, from));
    this.#range = [start, start + kept];
    this.#forget();
  }

  #forget() {
    this.#still = null;
    this.#redraw();
  }

  #redraw() {
    if (!this.#asked && this.#episode) this.#asked = requestAnimationFrame(() => this.#draw());
  }

  /** Where everything lies, in css pixels. */
  #arrange() {
    const width = this.#canvas.parentElement.clientWidth;
    const { count, facts, steps } = this.#episode;
    const row = Math.max(LEAST_ROW, Math.min(MOST_ROW, Math.floor(WANTED / count)));
    const gutter = width < 600 ? 52 : 96;
    const lanes = LANES.filter((lane) => facts.events.some(([, kind]) => laneOf(kind) === lane));
    let y = AXIS;
    const place = (height, gap = GAP) => {
      const top = y;
      y += height + gap;
      return top;
    };
    this.#rows = { row, gutter, lanes, width, plot: width - gutter - 8, agents: place(count * row) };
    this.#rows.rewards = this.#episode.has("reward") ? place(REWARDS) : null;
    this.#rows.events = lanes.length ? place(lanes.length * LANE) : null;
    this.#rows.changes = facts.changes.length ? place(facts.changes.length * SPAN) : null;
    this.#rows.twin = this.#episode.differs ? place(TWIN) : null;
    this.#rows.height = y;
    this.#rows.steps = steps;
  }

  #x(t) {
    const [from, to] = this.#range;
    return this.#rows.gutter + ((t - from) / (to - from)) * this.#rows.plot;
  }

  #stepAt(x) {
    const [from, to] = this.#range;
    const t = Math.floor(from + ((x - this.#rows.gutter) / this.#rows.plot) * (to - from));
    return Math.max(0, Math.min(this.#episode.steps - 1, t));
  }

  #draw() {
    this.#asked = 0;
    const unit = window.devicePixelRatio || 1;
    const colours = theme(this.#night.matches);
    if (!this.#still) {
      this.#arrange();
      const { width, height } = this.#rows;
      this.#still = canvasOf(width * unit, height * unit);
      const context = this.#still.getContext("2d");
      context.scale(unit, unit);
      this.#drawStill(context, colours);
    }
    if (this.#canvas.width !== this.#still.width || this.#canvas.height !== this.#still.height) {
      this.#canvas.width = this.#still.width;
      this.#canvas.height = this.#still.height;
      this.#canvas.style.height = `${this.#rows.height}px`;
      this.#canvas.style.width = `${this.#rows.width}px`;
    }
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    context.drawImage(this.#still, 0, 0);
    context.scale(unit, unit);
    this.#drawFollow(context, colours);
    this.#drawHead(context, colours);
  }

  #drawStill(context, colours) {
    this.#drawAxis(context, colours);
    context.save();
    this.#drawLabels(context, colours);
    context.beginPath();
    context.rect(this.#rows.gutter, 0, this.#rows.plot, this.#rows.height);
    context.clip();
    this.#runs.forEach((runs, i) => this.#drawRuns(context, runs, i, colours));
    if (this.#rows.rewards !== null) this.#drawRewards(context, colours);
    if (this.#rows.events !== null) this.#drawEvents(context, colours);
    if (this.#rows.changes !== null) this.#drawChanges(context, colours);
    if (this.#rows.twin !== null) this.#drawTwin(context, colours);
    context.restore();
  }

  #drawAxis(context, colours) {
    const [from, to] = this.#range;
    const { gutter, plot, height } = this.#rows;
    const every = niceStep(((to - from) / plot) * 64);
    context.font = `11px ${FONT}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let t = Math.ceil(from / every) * every; t < to; t += every) {
      const x = this.#x(t);
      context.strokeStyle = thin(colours.soft, 0.22);
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(Math.round(x) + 0.5, AXIS - 3);
      context.lineTo(Math.round(x) + 0.5, height);
      context.stroke();
      context.fillStyle = colours.soft;
      if (x < gutter + plot - 8) context.fillText(String(t), Math.max(gutter + 6, x), AXIS / 2);
    }
  }

  #drawLabels(context, colours) {
    const { gutter, row, agents } = this.#rows;
    const wide = gutter > 60;
    context.textAlign = "right";
    context.textBaseline = "middle";
    this.#episode.agents.forEach((agent, i) => {
      const y = agents + (i + 0.5) * row;
      const colour = this.#episode.scene.colours[i];
      if (i === this.#pick) {
        context.fillStyle = thin(colours.focus, colours.dark ? 0.26 : 0.13);
        context.fillRect(0, agents + i * row, this.#rows.width, row);
      } else if (i % 2) {
        context.fillStyle = thin(colours.soft, 0.06);
        context.fillRect(gutter, agents + i * row, this.#rows.plot, row);
      }
      context.fillStyle = colour;
      context.beginPath();
      context.roundRect(gutter - 8, y - Math.min(5, row / 2 - 1), 4, Math.min(10, row - 2), 2);
      context.fill();
      if (row < 8 && i !== this.#pick) return;
      context.font = `${i === this.#pick ? "700 " : ""}${Math.min(12, Math.max(9, row - 1))}px ${FONT}`;
      context.fillStyle = i === this.#pick ? colours.ink : colours.soft;
      context.fillText(wide ? shortened(agent.name, 13) : shortened(agent.name.split(" ").at(-1), 5), gutter - 13, y);
    });
    context.font = `11px ${FONT}`;
    context.fillStyle = colours.soft;
    const label = (text, top, height) => context.fillText(text, gutter - 7, top + height / 2);
    if (this.#rows.rewards !== null) label("reward", this.#rows.rewards, REWARDS);
    this.#rows.lanes.forEach((lane, n) => label(lane, this.#rows.events + n * LANE, LANE));
    this.#episode.facts.changes.forEach((_, n) => label("changed", this.#rows.changes + n * SPAN, SPAN));
    if (this.#rows.twin !== null) label(wide ? "unlike twin" : "≠ twin", this.#rows.twin, TWIN);
  }

  #drawRuns(context, runs, i, colours) {
    const [from, to] = this.#range;
    const { row, agents } = this.#rows;
    const top = agents + i * row + Math.min(1.5, 0.1 * row);
    const height = row - Math.min(3, 0.2 * row);
    const known = this.#episode.has("true");
    for (const { first, last, symbols, colour, silent } of runs) {
      if (last < from || first >= to) continue;
      const [left, right] = [this.#x(first), this.#x(last + 1)];
      const width = Math.max(1, right - left - (right - left > 4 ? 1 : 0));
      context.fillStyle = colour ?? thin(colours.soft, 0.18);
      if (width < ROUND) {
        context.fillRect(left, top, width, height);
        continue;
      }
      context.beginPath();
      context.roundRect(left, top, width, height, Math.min(3, height / 2));
      context.fill();
      if (height >= 10 && !silent) writeIn(context, this.#episode.written(symbols), left, top, width, height);
    }
    if (known && height >= 5) for (const { first, last } of runs) this.#drawFalse(context, first, last, i, top + height);
    if (this.#episode.has("injected")) this.#drawHeardInjected(context, i, top + height, colours);
  }

  /** A line under what was said although it was not so. */
  #drawFalse(context, first, last, i, bottom) {
    context.fillStyle = "#b3261e";
    for (let t = first; t <= last; t++) {
      if (this.#episode.truth(t, i).verdict !== "false") continue;
      context.fillRect(this.#x(t), bottom - 2, Math.max(1, this.#x(t + 1) - this.#x(t) - 0.5), 2);
    }
  }

  /** A line over the steps at which an agent hears what an intervention put there. */
  #drawHeardInjected(context, i, bottom, colours) {
    context.fillStyle = colours.ghost;
    for (let t = Math.floor(this.#range[0]); t < this.#range[1] && t < this.#episode.steps; t++) {
      if (this.#episode.hears(t, i).some((slot) => slot.injected))
        context.fillRect(this.#x(t), bottom - this.#rows.row + 1, Math.max(1, this.#x(t + 1) - this.#x(t)), 2.5);
    }
  }

  #drawRewards(context, colours) {
    const { rewards } = this.#rows;
    const sums = rewardsOf(this.#episode);
    const most = Math.max(...sums.map(Math.abs), 1e-9);
    const middle = rewards + (sums.some((sum) => sum < 0) ? REWARDS / 2 : REWARDS);
    const full = middle - rewards;
    context.fillStyle = thin(colours.soft, 0.35);
    context.fillRect(this.#rows.gutter, middle - 0.5, this.#rows.plot, 1);
    sums.forEach((sum, t) => {
      if (!sum) return;
      const height = Math.max(2, (Math.abs(sum) / most) * (full - 1));
      context.fillStyle = sum > 0 ? (colours.dark ? "#57c7a8" : "#17876d") : colours.dark ? "#ff8a80" : "#b3261e";
      const width = Math.max(1.5, Math.min(9, this.#x(t + 1) - this.#x(t) - 1));
      context.fillRect((this.#x(t) + this.#x(t + 1) - width) / 2, sum > 0 ? middle - height : middle, width, height);
    });
  }

  #drawEvents(context, colours) {
    const { events, lanes } = this.#rows;
    for (const [t, kind, agent, other] of this.#episode.facts.events) {
      if (t + 1 < this.#range[0] || t > this.#range[1]) continue;
      const x = (this.#x(t) + this.#x(t + 1)) / 2;
      const y = events + (lanes.indexOf(laneOf(kind)) + 0.5) * LANE;
      const mine = this.#pick === null || agent === this.#pick || other === this.#pick;
      const missed = other < 0 && (kind === "attack" || kind === "give");
      drawSign(context, kind, x, y, missed ? 2 : 4.2, colours, missed ? 0.35 : mine ? 1 : 0.6);
    }
  }

  #drawChanges(context, colours) {
    this.#episode.facts.changes.forEach(({ first, last, sentence }, n) => {
      const [left, right] = [this.#x(first), this.#x(last + 1)];
      const top = this.#rows.changes + n * SPAN;
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

  #drawTwin(context, colours) {
    const { twin } = this.#rows;
    this.#episode.differs.forEach((ids, t) => {
      if (!ids.length) return;
      const height = Math.max(3, (TWIN * ids.length) / this.#episode.count);
      context.fillStyle = colours.differ;
      context.fillRect(this.#x(t), twin + TWIN - height, this.#x(t + 1) - this.#x(t) + 0.7, height);
    });
  }

  #drawHead(context, colours) {
    const [left, right] = [this.#x(this.#t), this.#x(this.#t + 1)];
    const { gutter, plot, height } = this.#rows;
    if (right < gutter || left > gutter + plot) return;
    const middle = (left + right) / 2;
    context.fillStyle = thin(colours.focus, 0.16);
    context.fillRect(left, AXIS - 4, right - left, height - AXIS + 4);
    context.fillStyle = colours.focus;
    context.fillRect(middle - 1, AXIS - 5, 2, height - AXIS + 5);
    const text = String(this.#t);
    context.font = `700 11px ${FONT}`;
    const width = Math.max(20, context.measureText(text).width + 10);
    const x = Math.max(gutter - 4, Math.min(gutter + plot - width + 8, middle - width / 2));
    context.beginPath();
    context.roundRect(x, 1, width, AXIS - 5, 5);
    context.fill();
    context.fillStyle = colours.dark ? INK : "#ffffff";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, x + width / 2, (AXIS - 3) / 2);
  }

  #drawFollow(context, colours) {
    if (!this.#follow) return;
    const { agent, step } = this.#follow;
    const { row, agents, gutter, plot, height } = this.#rows;
    context.save();
    context.beginPath();
    context.rect(gutter, 0, plot, height);
    context.clip();
    const from = [(this.#x(step) + this.#x(step + 1)) / 2, agents + (agent + 0.5) * row];
    context.strokeStyle = colours.ink;
    context.lineWidth = 2;
    context.strokeRect(this.#x(step), agents + agent * row + 1, Math.max(4, this.#x(step + 1) - this.#x(step)), row - 2);
    const colour = colours.dark ? mix(this.#episode.scene.colours[agent], "#ffffff", 0.4) : this.#episode.scene.colours[agent];
    for (const { id, when } of this.#episode.listeners(step, agent)) {
      const to = [(this.#x(when) + this.#x(when + 1)) / 2, agents + (id + 0.5) * row];
      context.strokeStyle = context.fillStyle = colour;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...to);
      context.stroke();
      context.beginPath();
      context.arc(...to, Math.min(4, row / 2), 0, 2 * Math.PI);
      context.fill();
    }
    context.restore();
  }

  /** What lies under a point: step, and the agent whose row it is. */
  #under(event) {
    const box = this.#canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const { agents, row } = this.#rows;
    const i = Math.floor((y - agents) / row);
    return { t: this.#stepAt(x), agent: i >= 0 && i < this.#episode.count ? i : null, x, y };
  }

  #down(event) {
    if (!this.#rows || event.button > 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, event.clientX);
    this.#pressed = { x: event.clientX, moved: false };
    if (this.#pointers.size === 1 && event.pointerType === "mouse") this.#on.seek(this.#under(event).t);
  }

  #move(event) {
    if (!this.#rows) return;
    const under = this.#under(event);
    if (!this.#pointers.has(event.pointerId)) return this.#on.tip(this.#tipOf(under));
    if (this.#pointers.size === 2) return this.#pinch(event);
    this.#pointers.set(event.pointerId, event.clientX);
    if (this.#pressed && Math.abs(event.clientX - this.#pressed.x) > CLICK) this.#pressed.moved = true;
    if (this.#pressed?.moved) this.#on.seek(under.t);
    this.#on.tip(this.#tipOf(under));
  }

  #up(event, done = true) {
    if (!this.#pointers.delete(event.pointerId)) return;
    const pressed = this.#pressed;
    if (this.#pointers.size === 0) this.#pressed = null;
    if (!done || !pressed || pressed.moved) return;
    const { t, agent } = this.#under(event);
    this.#on.seek(t);
    const said = agent !== null && this.#runs[agent].some((run) => run.first <= t && t <= run.last);
    this.#on.message(agent, said ? t : null);
  }

  #pinch(event) {
    const [one, other] = [...this.#pointers.keys()];
    const before = Math.abs(this.#pointers.get(one) - this.#pointers.get(other));
    this.#pointers.set(event.pointerId, event.clientX);
    const after = Math.abs(this.#pointers.get(one) - this.#pointers.get(other));
    if (this.#pressed) this.#pressed.moved = true;
    if (before > 8 && after > 8) this.zoom(after / before, this.#under(event).t);
  }

  #wheel(event) {
    if (!this.#rows || event.ctrlKey === false && Math.abs(event.deltaY) > 0 && this.#scrolls()) return;
    event.preventDefault();
    const [from, to] = this.#range;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = event.deltaX || event.deltaY;
      return this.#show(from + (by / this.#rows.plot) * (to - from), to - from);
    }
    this.zoom(event.deltaY < 0 ? 1.25 : 0.8, this.#under(event).t);
  }

  /** Whether the wheel scrolls the rows, because they are more than have room. */
  #scrolls() {
    return this.#rows.height > this.#canvas.parentElement.clientHeight + 2;
  }

  #tipOf({ t, agent, y }) {
    const { facts } = this.#episode;
    const { events, changes, lanes } = this.#rows;
    const names = (id) => this.#episode.agents[id]?.name ?? "nobody";
    if (agent !== null) return `Step ${t}: ${names(agent)} ${this.#saying(t, agent)}`;
    if (events !== null && y >= events && y < events + lanes.length * LANE) {
      const lane = lanes[Math.floor((y - events) / LANE)];
      const found = facts.events.filter(([s, kind]) => s === t && laneOf(kind) === lane);
      const told = found.map((event) => toldOf(event, names));
      return `Step ${t}: ${told.slice(0, 4).join(", ") || `no ${lane}`}${told.length > 4 ? " …" : ""}`;
    }
    if (changes !== null && y >= changes && y < changes + facts.changes.length * SPAN) {
      const change = facts.changes[Math.floor((y - changes) / SPAN)];
      return `Steps ${change.first} to ${change.last}: ${change.sentence}`;
    }
    return `Step ${t}`;
  }

  #saying(t, i) {
    const symbols = this.#episode.said(t, i);
    const { text, certainty } = this.#episode.meaning(symbols, i);
    if (!symbols.some(Boolean) && text === null) return "is silent";
    const { verdict, really } = this.#episode.truth(t, i);
    const sure = certainty !== null ? ` (${percent(certainty)})` : "";
    const so = verdict === "true" ? ", and so it is" : verdict === "false" ? `, but ${really}` : "";
    return `says ${symbolText(this.#episode.written(symbols))}${text ? `: ${text}${sure}` : ""}${so}`;
  }
}

/** The rewards of all agents, by step. */
function rewardsOf(episode) {
  return Array.from({ length: episode.steps }, (_, t) => episode.agents.reduce((sum, _, i) => sum + episode.reward(t, i), 0));
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
