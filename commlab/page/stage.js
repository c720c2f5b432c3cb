// The canvas: the live world and its twin beside or below each other, crisp on any screen, drawn when something changed.

import { FONT } from "./bubbles.js";
import { drawBoard } from "./board.js";
import { drawGround } from "./ground.js";
import { History } from "./history.js";
import { theme } from "./palette.js";
import { isWalled, relationOf } from "./scene.js";
import { drawPhantoms } from "./speech.js";
import { Sprites } from "./sprites.js";

const GAP = 14; // css pixels between the boards
const TITLE = 30; // css pixels above each
const NEAR = 30; // css pixels of a cell when the picture follows an agent
const GLIDE = 140; // milliseconds that a step of an agent takes on the screen, at most
const BORDER = 0.45; // of a cell: what is shown of a wall around the whole map
const FEW = 4; // agents that differ: of more, only the picked one has its way drawn and its place in the other world
const TINY = 12; // css pixels of a cell: below, the picture follows the picked agent from the beginning
const NO_MARKS = { trails: [], marked: [], objectsDiffer: new Set() };

export class Stage {
  #canvas;
  #context;
  #scene = null;
  #frame = null;
  #history = new History();
  #pick = null;
  #follow = false;
  #theme = theme(false);
  #layout = null;
  #sprites = null;
  #grounds = new Map();
  #asked = 0;
  #came = 0;
  #still;
  #titles;

  /** `titles` names the two worlds; `timing(milliseconds)`, if given, hears how long each drawing took. */
  constructor(canvas, { titles = ["Live", "Twin, untouched"], timing = null } = {}) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#titles = titles;
    this.timing = timing;
    this.#still = matchMedia("(prefers-reduced-motion: reduce)");
    const night = matchMedia("(prefers-color-scheme: dark)");
    this.#theme = theme(night.matches);
    night.addEventListener("change", () => {
      this.#theme = theme(night.matches);
      this.#forget();
    });
    new ResizeObserver(() => this.#forget()).observe(canvas.parentElement);
  }

  /** Shows another world: see makeScene. */
  setScene(scene) {
    const sized = this.#scene?.map.width === scene.map.width && this.#scene?.map.height === scene.map.height;
    this.#scene = scene;
    if (!sized) this.#follow = this.#fitted(false).cell < TINY * this.#unit();
    this.#frame = null;
    this.#history.clear();
    this.#forget();
  }

  /** Shows a frame: live and twin (agents, objects, cells), differs, objects_differ, drift. */
  setFrame(frame) {
    this.#frame = frame;
    this.#history.add(frame);
    this.#came = performance.now();
    this.redraw();
  }

  setPick(id) {
    this.#pick = id;
    this.redraw();
  }

  /** Whether the picture can follow an agent: where the whole map has small cells. Returns whether it does now. */
  follow(on) {
    this.#follow = on && this.canFollow();
    this.#forget();
    return this.#follow;
  }

  get follows() {
    return this.#follow;
  }

  canFollow() {
    return this.#scene !== null && this.#fitted(false).cell < NEAR * this.#unit();
  }

  /** Draws when the browser next paints. */
  redraw() {
    if (!this.#asked) this.#asked = requestAnimationFrame(() => this.#draw());
  }

  /** The agent at a point of the page in css pixels, or null. */
  agentAt(clientX, clientY) {
    if (!this.#frame || !this.#layout) return null;
    const box = this.#canvas.getBoundingClientRect();
    const [x, y] = [clientX - box.left, clientY - box.top].map((value) => value * this.#unit());
    const { cell, areas } = this.#layout;
    let [best, least] = [null, 0.85 * cell];
    ["live", "twin"].forEach((world, n) => {
      const area = areas[n];
      if (x < area[0] || x > area[2] || y < area[1] || y > area[3]) return;
      const [left, top] = this.#camera(area);
      this.#frame[world].agents.forEach(({ row, column }, i) => {
        const far = Math.hypot(left + (column + 0.5) * cell - x, top + (row + 0.5) * cell - y);
        if (far < least) [best, least] = [i, far];
      });
    });
    return best;
  }

  #unit() {
    return window.devicePixelRatio || 1;
  }

  #forget() {
    this.#layout = null;
    this.#grounds.clear();
    this.redraw();
  }

  /** The boards' areas, side by side or one below the other, whichever makes larger cells; in device pixels. */
  #fitted(near) {
    const unit = this.#unit();
    const box = this.#canvas.parentElement.getBoundingClientRect();
    const [width, height] = [Math.floor(box.width * unit), Math.floor(box.height * unit)];
    const { map } = this.#scene;
    const [gap, title] = [Math.round(GAP * unit), Math.round(TITLE * unit)];
    const beside = [Math.floor((width - gap) / 2), height - title];
    const below = [width, Math.floor((height - gap) / 2) - title];
    const crop = isWalled(map) ? 1 - BORDER : 0;
    const [columns, rows] = [map.width - 2 * crop, map.height - 2 * crop];
    const cellIn = ([w, h]) => Math.floor(Math.min(w / columns, h / rows));
    const wide = cellIn(beside) >= cellIn(below);
    const room = wide ? beside : below;
    const cell = Math.max(2, Math.min(near ? Math.round(NEAR * unit) : cellIn(room), Math.round(64 * unit)));
    const size = [Math.min(room[0], Math.round(cell * columns)), Math.min(room[1], Math.round(cell * rows))];
    const steps = wide ? [size[0] + gap, 0] : [0, size[1] + gap + title];
    const left = Math.max(0, Math.floor((width - (wide ? 2 * size[0] + gap : size[0])) / 2));
    const top = title;
    const areas = [0, 1].map((n) => {
      const [x, y] = [left + n * steps[0], top + n * steps[1]];
      return [x, y, x + size[0], y + size[1]];
    });
    return { cell, areas, width, height, unit, crop };
  }

  #arrange() {
    this.#layout = this.#fitted(this.#follow);
    const { width, height, unit, cell } = this.#layout;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
      this.#canvas.style.width = `${width / unit}px`;
      this.#canvas.style.height = `${height / unit}px`;
    }
    if (this.#sprites?.cell !== cell) this.#sprites = new Sprites(cell);
  }

  #draw() {
    this.#asked = 0;
    if (!this.#scene) return;
    const began = performance.now();
    if (!this.#layout) this.#arrange();
    const { width, height, areas } = this.#layout;
    this.#context.fillStyle = this.#theme.page;
    this.#context.fillRect(0, 0, width, height);
    const share = this.#glide(began);
    ["live", "twin"].forEach((world, n) => this.#drawWorld(world, areas[n], this.#titles[n], share));
    if (share < 1) this.redraw();
    this.timing?.(performance.now() - began);
  }

  /** How much of the last step has been walked on the screen. */
  #glide(now) {
    if (this.#still.matches || !this.#frame || (this.#frame.playing && this.#frame.speed > 12)) return 1;
    const span = this.#frame.playing ? Math.min(GLIDE, 700 / this.#frame.speed) : GLIDE;
    return Math.min(1, (now - this.#came) / span);
  }

  #drawWorld(world, area, title, share) {
    const context = this.#context;
    const { unit, cell } = this.#layout;
    context.fillStyle = this.#theme.soft;
    context.font = `600 ${13 * unit}px ${FONT}`;
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillText(title, area[0] + 2 * unit, area[1] - 10 * unit);
    if (!this.#frame) return this.#drawEmpty(area);
    const view = {
      scene: this.#scene,
      sprites: this.#sprites,
      ground: this.#ground(this.#frame[world].cells ?? []),
      cell,
      unit,
      theme: this.#theme,
    };
    drawBoard(context, this.#frame[world], area, view, this.#look(world, area, share));
    if (world === "live") drawPhantoms(context, phantomsOf(this.#frame.live.agents), area, unit, this.#theme);
  }

  #drawEmpty(area) {
    this.#context.drawImage(this.#ground([]), ...this.#camera(area));
  }

  #ground(changes) {
    const key = JSON.stringify(changes);
    if (!this.#grounds.has(key)) {
      if (this.#grounds.size > 3) this.#grounds.clear();
      this.#grounds.set(key, drawGround(this.#scene.map, changes, this.#layout.cell, this.#theme));
    }
    return this.#grounds.get(key);
  }

  /** Where the map's upper left corner lies: at the area's, or so that the agent that is followed is in the middle. */
  #camera(area) {
    const { cell, crop } = this.#layout;
    const { map } = this.#scene;
    const focus = this.#frame?.live.agents[this.#pick ?? 0];
    const shift = (low, high, length, place) => {
      const [first, last] = [low - crop * cell, high + crop * cell];
      if (length * cell <= last - first + 1) return Math.round(first);
      return Math.round(Math.min(first, Math.max(last - length * cell, (low + high) / 2 - (place + 0.5) * cell)));
    };
    return [
      shift(area[0], area[2], map.width, focus?.column ?? 0),
      shift(area[1], area[3], map.height, focus?.row ?? 0),
    ];
  }

  #look(world, area, share) {
    const other = world === "live" ? "twin" : "live";
    const frame = this.#frame;
    const at = (i) => between(this.#history.before(world, i), frame[world].agents[i], share);
    const differs = new Set(frame.differs);
    const marks = frame.drift?.since === null ? NO_MARKS : this.#marks(world, differs);
    return {
      ...marks,
      camera: this.#camera(area),
      at,
      elsewhere: (i) => this.#apart(i, other),
      pick: this.#pick,
      relation: (j) => relationOf(this.#scene, this.#pick, j),
      differs,
      saysOther: (i) => String(frame.live.agents[i]?.said) !== String(frame.twin.agents[i]?.said),
    };
  }

  #marks(world, differs) {
    const since = Math.max(0, (this.#frame.drift?.since ?? 0) - 1);
    const marked = [...differs].filter((i) => differs.size <= FEW || i === this.#pick);
    return {
      marked,
      trails: marked.map((i) => [i, this.#history.trail(world, i, since)]),
      objectsDiffer: new Set(this.#frame.objects_differ ?? []),
    };
  }

  /** Where agent i is in the other world, if it is elsewhere there. */
  #apart(i, other) {
    const [a, b] = [this.#frame.live.agents[i], this.#frame.twin.agents[i]];
    if (!a || !b || (a.row === b.row && a.column === b.column)) return null;
    const there = this.#frame[other].agents[i];
    return [there.row, there.column];
  }
}

/** The place between two cells; a jump is not smoothed. */
function between(before, { row, column }, share) {
  if (!before || share >= 1 || Math.abs(before[0] - row) + Math.abs(before[1] - column) > 1) return [row, column];
  const eased = share * (2 - share);
  return [before[0] + (row - before[0]) * eased, before[1] + (column - before[1]) * eased];
}

/** What phantoms say now: the different injected messages that agents hear. */
function phantomsOf(agents) {
  const slots = agents.flatMap((agent) => agent.hears).filter((slot) => slot.injected && slot.speaker === null);
  return [...new Map(slots.map((slot) => [String(slot.symbols), slot])).values()];
}
