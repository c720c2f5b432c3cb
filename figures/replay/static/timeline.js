// The timeline: who says what, rewards, deeds, interventions and the twin, step by step, to look at and to scrub.

import { FONT, percent, symbolText } from "../page/bubbles.js";
import { INK, mix, theme, thin } from "../page/palette.js";
import { canvasOf } from "../page/sprites.js";
import { runsOf } from "./messages.js";
import { laneOf, toldOf } from "./signs.js";
import { AXIS, LANE, SPAN, arrange, drawTracks } from "./tracks.js";

const CLICK = 4; // that a pointer may move in a click
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
      this.#show(
        t < from || t >= to
          ? t - length / 2
          : t < from + SHARE * length
            ? t - SHARE * length
            : t - (1 - SHARE) * length,
        length,
      );
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

  #x(t) {
    const [from, to] = this.#range;
    return this.#rows.gutter + ((t - from) / (to - from)) * this.#rows.room;
  }

  #stepAt(x) {
    const [from, to] = this.#range;
    const t = Math.floor(from + ((x - this.#rows.gutter) / this.#rows.room) * (to - from));
    return Math.max(0, Math.min(this.#episode.steps - 1, t));
  }

  #draw() {
    this.#asked = 0;
    const unit = window.devicePixelRatio || 1;
    const colours = theme(this.#night.matches);
    if (!this.#still) {
      this.#rows = arrange(this.#episode, this.#canvas.parentElement.clientWidth);
      const { width, height } = this.#rows;
      this.#still = canvasOf(width * unit, height * unit);
      const context = this.#still.getContext("2d");
      context.scale(unit, unit);
      const [episode, runs, rows, pick, range] = [this.#episode, this.#runs, this.#rows, this.#pick, this.#range];
      drawTracks({ episode, runs, rows, colours, pick, range, x: (t) => this.#x(t) }, context);
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

  #drawHead(context, colours) {
    const [left, right] = [this.#x(this.#t), this.#x(this.#t + 1)];
    const { gutter, room, height } = this.#rows;
    if (right < gutter || left > gutter + room) return;
    const middle = (left + right) / 2;
    context.fillStyle = thin(colours.focus, 0.16);
    context.fillRect(left, AXIS - 4, right - left, height - AXIS + 4);
    context.fillStyle = colours.focus;
    context.fillRect(middle - 1, AXIS - 5, 2, height - AXIS + 5);
    const text = String(this.#t);
    context.font = `700 11px ${FONT}`;
    const width = Math.max(20, context.measureText(text).width + 10);
    const x = Math.max(gutter - 4, Math.min(gutter + room - width + 8, middle - width / 2));
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
    const { row, agents, gutter, room, height } = this.#rows;
    context.save();
    context.beginPath();
    context.rect(gutter, 0, room, height);
    context.clip();
    const from = [(this.#x(step) + this.#x(step + 1)) / 2, agents + (agent + 0.5) * row];
    context.strokeStyle = colours.ink;
    context.lineWidth = 2;
    context.strokeRect(
      this.#x(step),
      agents + agent * row + 1,
      Math.max(4, this.#x(step + 1) - this.#x(step)),
      row - 2,
    );
    const colour = colours.dark
      ? mix(this.#episode.scene.colours[agent], "#ffffff", 0.4)
      : this.#episode.scene.colours[agent];
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
    if (!this.#rows || (event.ctrlKey === false && Math.abs(event.deltaY) > 0 && this.#scrolls())) return;
    event.preventDefault();
    const [from, to] = this.#range;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = event.deltaX || event.deltaY;
      return this.#show(from + (by / this.#rows.room) * (to - from), to - from);
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
