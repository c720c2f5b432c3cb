// The canvas: a world, or the live one and its twin, crisp on any screen and drawn only when something changed.

import { FONT, shortened } from "./bubbles.js";
import { drawBoard } from "./board.js";
import { Ground } from "./ground.js";
import { History } from "./history.js";
import { cameraFor, fitBoards } from "./layout.js";
import { theme } from "./palette.js";
import { relationOf } from "./scene.js";
import { drawPhantoms } from "./speech.js";
import { Sprites } from "./sprites.js";

const NEAR = 30; // css pixels of a cell when the picture follows an agent
const LARGEST = 96; // css pixels of a cell, as large as it gets
const GLIDE = 140; // milliseconds that a step of an agent takes on the screen, at most
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
  #near = null; // css pixels of a cell where the picture shows a part of the map
  #centre = null; // [row, column] in the middle of that part; null where it follows the picked agent
  #theme = theme(false);
  #layout = null;
  #sprites = null;
  #grounds = new Map();
  #asked = 0;
  #came = 0;
  #still;
  #worlds;

  /**
   * `worlds` names the parts of frames that are drawn, with their titles: "live", and "twin" if frames have one.
   * `timing(milliseconds)`, if given, hears how long each drawing took.
   */
  constructor(canvas, { worlds = { live: "Live", twin: "Twin, untouched" }, timing = null } = {}) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#worlds = Object.entries(worlds);
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
    if (!sized) {
      this.#near = this.#fitted(null).cell < TINY * this.#unit() ? NEAR : null;
      this.#centre = null;
    }
    this.#frame = null;
    this.#history.clear();
    this.#forget();
  }

  /** Draws other parts of frames, with other titles. */
  setWorlds(worlds) {
    this.#worlds = Object.entries(worlds);
    this.#forget();
  }

  /**
   * Shows a frame: live and, if there is one, twin (agents, objects, cells; fog, unseen and links where some of it is
   * hidden or a message followed), differs, objects_differ, drift. `past`, if given, holds the frames before it.
   */
  setFrame(frame, past = null) {
    this.#frame = frame;
    if (past) this.#history.recall(past);
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
    this.#near = on && this.canFollow() ? NEAR : null;
    this.#centre = null;
    this.#forget();
    return this.follows;
  }

  get follows() {
    return this.#near !== null && this.#centre === null;
  }

  canFollow() {
    return this.#scene !== null && this.#fitted(null).cell < NEAR * this.#unit();
  }

  /** Whether only a part of the map is shown. */
  get zoomed() {
    return this.#near !== null;
  }

  /** Makes cells larger by a factor (smaller below 1) about a point of the page, or about the middle. */
  zoom(factor, clientX = null, clientY = null) {
    if (!this.#scene) return;
    const unit = this.#unit();
    const whole = this.#fitted(null).cell / unit;
    const now = (this.#layout ?? this.#fitted(this.#near)).cell / unit;
    const next = Math.min(Math.max(LARGEST, whole), now * factor);
    if (next <= whole + 0.5) return this.whole();
    const place = clientX === null ? null : this.#placeAt(clientX, clientY);
    const stays = clientX === null && this.follows;
    const middle = this.#middle();
    this.#near = next;
    this.#arrange();
    this.#centre = stays ? null : middle;
    if (place) {
      const { area, at, x, y } = place;
      const { cell, areas } = this.#layout;
      const [left, top, right, bottom] = areas[area];
      this.#centre = [at[0] + ((top + bottom) / 2 - y) / cell, at[1] + ((left + right) / 2 - x) / cell];
    }
    if (this.#centre) this.#centre = this.#middle();
    this.redraw();
  }

  /** Shows the whole map again. */
  whole() {
    this.#near = this.#centre = null;
    this.#forget();
  }

  /** Moves the part that is shown by css pixels. */
  pan(right, down) {
    if (this.#near === null || !this.#layout) return;
    const [row, column] = this.#middle();
    const { cell, unit } = this.#layout;
    this.#centre = [row - (down * unit) / cell, column - (right * unit) / cell];
    this.#centre = this.#middle();
    this.redraw();
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
    this.#worlds.forEach(([world], n) => {
      const area = areas[n];
      if (x < area[0] || x > area[2] || y < area[1] || y > area[3]) return;
      const [left, top] = this.#camera(area);
      this.#frame[world].agents.forEach(({ row, column }, i) => {
        if (this.#frame[world].unseen?.has(i)) return;
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

  /** Where a point of the page lies: the board, the place on the map ([row, column]), and the point on the canvas. */
  #placeAt(clientX, clientY) {
    if (!this.#layout) return null;
    const box = this.#canvas.getBoundingClientRect();
    const [x, y] = [clientX - box.left, clientY - box.top].map((value) => value * this.#unit());
    const { cell, areas } = this.#layout;
    const area = areas.findIndex((a) => x >= a[0] && x <= a[2] && y >= a[1] && y <= a[3]);
    if (area < 0) return null;
    const [left, top] = this.#camera(areas[area]);
    return { area, at: [(y - top) / cell - 0.5, (x - left) / cell - 0.5], x, y };
  }

  /** The place in the middle of the first board, [row, column]. */
  #middle() {
    if (!this.#layout) this.#arrange();
    const { cell, areas } = this.#layout;
    const [left, top] = this.#camera(areas[0]);
    return [
      ((areas[0][1] + areas[0][3]) / 2 - top) / cell - 0.5,
      ((areas[0][0] + areas[0][2]) / 2 - left) / cell - 0.5,
    ];
  }

  #fitted(near) {
    const box = this.#canvas.parentElement.getBoundingClientRect();
    return fitBoards(this.#scene.map, this.#worlds.length, box, this.#unit(), near);
  }

  #arrange() {
    this.#grounds.clear();
    this.#layout = this.#fitted(this.#near);
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
    if (this.#layout?.unit !== this.#unit()) this.#arrange(); // at first, and where the window came to another screen
    const { width, height, areas } = this.#layout;
    this.#context.fillStyle = this.#theme.page;
    this.#context.fillRect(0, 0, width, height);
    const share = this.#glide(began);
    this.#worlds.forEach(([world, title], n) => this.#drawWorld(world, areas[n], title, share));
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
    context.fillText(
      cut(context, this.#frame?.[world]?.title ?? title, area[2] - area[0]),
      area[0] + 2 * unit,
      area[1] - 10 * unit,
    );
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
    this.#ground([]).draw(this.#context, this.#camera(area), area);
  }

  #ground(changes) {
    const key = JSON.stringify(changes);
    if (!this.#grounds.has(key)) {
      if (this.#grounds.size > 3) this.#grounds.clear();
      this.#grounds.set(key, new Ground(this.#scene.map, changes, this.#layout.cell, this.#theme));
    }
    return this.#grounds.get(key);
  }

  #camera(area) {
    const { row, column } = this.#frame?.live.agents[this.#pick ?? 0] ?? { row: 0, column: 0 };
    return cameraFor(this.#scene.map, area, this.#layout, this.#centre ?? [row, column]);
  }

  #look(world, area, share) {
    const other = world === "live" ? "twin" : "live";
    const frame = this.#frame;
    const at = (i) => between(this.#history.before(world, i), frame[world].agents[i], share);
    const differs = new Set(frame.differs ?? []);
    const marks = typeof frame.drift?.since === "number" ? this.#marks(world, differs) : NO_MARKS;
    return {
      ...marks,
      camera: this.#camera(area),
      at,
      elsewhere: (i) => this.#apart(i, other),
      pick: this.#pick,
      relation: (j) => relationOf(this.#scene, this.#pick, j),
      fog: frame[world].fog ?? null,
      unseen: frame[world].unseen ?? null,
      links: frame[world].links ?? [],
      differs,
      saysOther: (i) =>
        Boolean(frame.twin) && String(frame.live.agents[i]?.said) !== String(frame.twin.agents[i]?.said),
    };
  }

  #marks(world, differs) {
    const since = Math.max(0, this.#frame.drift.since - 1);
    const marked = [...differs].filter((i) => differs.size <= FEW || i === this.#pick);
    return {
      marked,
      trails: marked.map((i) => [i, this.#history.trail(world, i, since)]),
      objectsDiffer: new Set(this.#frame.objects_differ ?? []),
    };
  }

  /** Where agent i is in the other world, if it is elsewhere there. */
  #apart(i, other) {
    const [a, b] = [this.#frame.live.agents[i], this.#frame.twin?.agents[i]];
    if (!a || !b || (a.row === b.row && a.column === b.column)) return null;
    const there = this.#frame[other].agents[i];
    return [there.row, there.column];
  }
}

/** As much of a text as has room. */
function cut(context, text, room) {
  const width = context.measureText(text).width;
  return width <= room ? text : shortened(text, Math.max(4, Math.floor((text.length * room) / width) - 1));
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
