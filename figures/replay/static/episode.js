// An episode, ready to be looked at: what stands where at each step, who says, hears and does what, and what it means.

import { shortened, symbolText } from "../page/bubbles.js";
import { makeScene } from "../page/scene.js";
import { Cell } from "../page/things.js";

const RING = 3; // cells between agents that have no places
const NOTHING = { text: null, certainty: null, targets: [] };
const COMPARED = ["position", "action", "emitted", "inventory", "energy", "frozen", "shield"];

export class Episode {
  #columns;
  #phrases;
  #names = new Map();
  #totals = new Map();
  #walls = new Map();
  #strikes = new Map(); // by step and agent: whom it strikes

  constructor({ facts, columns }) {
    this.#columns = columns;
    this.facts = facts;
    this.steps = facts.steps;
    this.agents = facts.agents;
    this.count = facts.agents.length;
    this.delay = facts.delay;
    this.worlds = facts.twin ? ["live", "twin"] : ["live"];
    this.kinds = this.#shape("inventory")[2] ?? 0;
    this.length = this.#shape("said")[2] ?? 0;
    this.slots = this.#shape("heard")[2] ?? 0;
    this.#phrases = new Map(facts.phrases.map((phrase) => [phrase.symbols.join(" "), phrase]));
    this.speakers = new Set(facts.speakers);
    for (const [t, kind, agent, other] of facts.events)
      if ((kind === "attack" || kind === "steal") && other >= 0) this.#strikes.set(t * this.count + agent, other);
    const map = facts.map ?? ringMap(this.count);
    this.scene = makeScene({ agents: this.agents, cells: facts.codes.cells }, { map, kinship: facts.kinship });
    this.differs = facts.twin ? this.#differences() : null;
    this.since = this.differs ? this.differs.findIndex((ids) => ids.length > 0) : -1;
  }

  has(name) {
    return this.#columns.has(name);
  }

  /** A column's value at step t; `place` are the indices of its other axes. */
  at(name, t, ...place) {
    const column = this.#columns.get(name);
    const [steps, ...sizes] = column.shape;
    let index = 0;
    sizes.forEach((size, axis) => (index = index * size + place[axis]));
    return column.data[index * steps + Math.min(t, steps - 1)];
  }

  /** What an agent said aloud at a step, as symbols. */
  said(t, i, world = "live") {
    const name = this.#name("emitted", world) ?? this.#name("said", world);
    if (!name) return [];
    return t < this.#shape(name)[0] ? this.#list(name, t, i) : Array(this.#shape(name)[2]).fill(0);
  }

  /** What an agent chose to say, before interventions. */
  chosen(t, i) {
    return this.has("said") ? this.#list("said", t, i) : [];
  }

  /** What a message means by the lexicon; `kinship` with the speaker where meanings depend on it. */
  meaning(symbols, speaker, kinship = null) {
    if (speaker !== null && !this.speakers.has(speaker)) return NOTHING;
    const phrase = this.#phrases.get(symbols.join(" ")) ?? NOTHING;
    const told = kinship === null ? null : phrase.contexts?.[kinship > 0 ? "kin" : "strangers"];
    return told ? { ...phrase, text: told[0], certainty: told[1] } : phrase;
  }

  /** Symbols as they are written: by their names, where they have any. */
  written(symbols) {
    const names = this.facts.codes.symbols;
    return symbols.map((symbol) => (symbol ? (names[symbol] ?? symbol) : 0));
  }

  /** Whether what an agent says at a step is so ("true", "false", or null: not known), and how it really is. */
  truth(t, i) {
    const known = this.has("true") && String(this.chosen(t, i)) === String(this.said(t, i));
    const code = known ? this.at("true", t, i) : 0;
    const really = this.meaning(this.said(t, i), i).targets.flatMap((n) => {
      const value = this.at(`target.${n}`, t, i);
      return value >= 0 ? [this.facts.targets[n].values[value]] : [];
    });
    return { verdict: code === 1 ? "true" : code === 2 ? "false" : null, really: really.join(" and ") };
  }

  /** What an agent hears at a step: a slot for each message. */
  hears(t, i, world = "live") {
    const name = this.#name("heard", world);
    if (!name || t >= this.#columns.get(name).shape[0]) return [];
    const slots = [];
    for (let k = 0; k < this.slots; k++) {
      const symbols = this.#list(name, t, i, k);
      const from = this.has("speaker") ? this.at(this.#name("speaker", world), t, i, k) : -1;
      const injectedColumn = this.#name("injected", world);
      const injected = Boolean(injectedColumn && this.at(injectedColumn, t, i, k));
      if (from < 0 && !injected && !symbols.some(Boolean)) continue;
      const speaker = from >= 0 ? from : null;
      const kinship = speaker === null ? null : (this.facts.kinship[i]?.[speaker] ?? null);
      const { text, certainty } = this.meaning(symbols, speaker, kinship);
      const relayed = this.has("relayed") && world === "live" && this.at("relayed", t, i, k) > 0;
      const when = t - this.delay;
      const as = speaker !== null && when >= 0 ? this.said(when, speaker, world) : null;
      const noisy = as !== null && String(as) !== String(symbols);
      slots.push({ symbols: this.written(symbols), text, certainty, speaker, kinship, injected, relayed, when, noisy });
    }
    return slots;
  }

  /** Who hears what an agent says at a step: listener and the step at which it hears it. */
  listeners(t, i) {
    const when = t + this.delay;
    if (when >= this.steps || !this.has("speaker")) return [];
    const found = [];
    for (let j = 0; j < this.count; j++) {
      for (let k = 0; k < this.slots; k++)
        if (this.at("speaker", when, j, k) === i) found.push({ id: j, when, slot: k });
    }
    return found.filter(({ id }, n) => found.findIndex((other) => other.id === id) === n);
  }

  /** The name of what an agent does at a step. */
  action(t, i, world = "live") {
    const name = this.#name("action", world);
    if (!name || t >= this.#shape(name)[0]) return null;
    const code = this.at(name, t, i);
    return (this.facts.codes.actions[code] ?? `action ${code}`).replaceAll("_", " ");
  }

  reward(t, i, world = "live") {
    const name = this.#name("reward", world);
    return name && t < this.#shape(name)[0] ? this.at(name, t, i) : 0; // a twin may end earlier
  }

  /** The reward of an agent before a step. */
  total(t, i, world = "live") {
    const key = `${world} ${i}`;
    if (!this.#totals.has(key)) {
      const sums = new Float64Array(this.steps + 1);
      for (let s = 0; s < this.steps; s++) sums[s + 1] = sums[s] + this.reward(s, i, world);
      this.#totals.set(key, sums);
    }
    return Math.round(1e4 * this.#totals.get(key)[t]) / 1e4;
  }

  /** What an agent sees: rows of cell codes, itself in the middle; null where the recording has no windows. */
  window(t, i, world = "live") {
    const name = this.#name("window", world);
    if (!name) return null;
    const size = this.#columns.get(name).shape[2];
    const row = (down) => Array.from({ length: size }, (_, right) => this.at(name, t, i, down, right));
    return Array.from({ length: size }, (_, down) => row(down));
  }

  /** Facts about an agent from an imported log: pairs of name and value. */
  features(t, i) {
    return this.facts.features.flatMap(({ name, codes }, n) => {
      const value = this.at(`feature.${n}`, t, i);
      if (Number.isNaN(value)) return [];
      return [[name.replaceAll("_", " "), codes[value] ?? String(Number(value.toPrecision(4)))]];
    });
  }

  /** What the stage draws at step t; `own`: the agent by whose eyes all is seen, or null; `follow`: agent and step. */
  frame(t, { own = null, follow = null, playing = false, speed = 8 } = {}) {
    const frame = {
      episode: `${this.facts.id}`,
      t,
      steps: this.steps,
      playing,
      speed,
      differs: this.differs?.[t] ?? [],
    };
    for (const world of this.worlds) frame[world] = this.#world(t, world, own);
    if (follow) frame.live.links = this.#links(t, follow);
    if (this.differs) {
      frame.objects_differ = this.#objectsApart(frame.live.objects, frame.twin.objects);
      frame.drift = { since: this.since >= 0 && this.since <= t ? this.since : null };
    }
    return frame;
  }

  /** Where agents stood in the steps before t: enough to draw how they came. */
  past(t, count = 13) {
    const steps = Array.from({ length: Math.min(count, t) }, (_, n) => t - Math.min(count, t) + n);
    return steps.map((s) => {
      const frame = { episode: `${this.facts.id}`, t: s };
      for (const world of this.worlds)
        frame[world] = { agents: this.agents.map((_, i) => place(this.#placeOf(s, i, world))) };
      return frame;
    });
  }

  /** How it went on for an agent: what it does at step t and the steps after. */
  next(t, i, count = 4) {
    const steps = Array.from({ length: count }, (_, n) => t + n).filter((s) => s < this.steps);
    return steps.map((s) => this.action(s, i)).filter(Boolean);
  }

  #shape(name) {
    return this.#columns.get(name)?.shape ?? [];
  }

  #name(name, world) {
    const key = `${world} ${name}`;
    if (!this.#names.has(key)) {
      const full = world === "live" ? name : `twin.${name}`;
      this.#names.set(key, this.has(full) ? full : null);
    }
    return this.#names.get(key);
  }

  #list(name, t, ...place) {
    const size = this.#columns.get(name).shape.at(-1);
    return Array.from({ length: size }, (_, n) => this.at(name, t, ...place, n));
  }

  #placeOf(t, i, world) {
    const name = this.#name("position", world);
    if (!name) return ringPlace(i, this.count);
    return [this.at(name, t, i, 0), this.at(name, t, i, 1)];
  }

  #world(t, world, own) {
    const value = (name, i, otherwise) => {
      const column = this.#name(name, world);
      return column ? this.at(column, t, i) : otherwise;
    };
    const agents = this.agents.map((agent, i) => {
      const [row, column] = this.#placeOf(t, i, world);
      const said = this.said(t, i, world);
      const { text, certainty } = this.meaning(said, i);
      const partner = value("partner", i, -1);
      const inventory = this.#name("inventory", world);
      return {
        row,
        column,
        facing: value("facing", i, 2),
        energy: value("energy", i, 0),
        max_energy: agent.max_energy,
        carries: inventory ? this.#list(inventory, t, i) : [],
        frozen: value("frozen", i, 0),
        shield: value("shield", i, 0) > 0,
        partner: partner >= 0 ? partner : null,
        action: this.action(t, i, world),
        said: this.written(said),
        said_text: text,
        certainty,
        by_person: world === "live" && String(said) !== String(this.chosen(t, i)),
        gain: this.reward(t, i, world),
        total: this.total(t, i, world),
        hears: this.hears(t, i, world),
        strikes: world === "live" ? this.#struck(t, i) : null,
      };
    });
    const objects = this.#objects(t, world);
    const made = { agents, objects, cells: this.#cells(t, world) };
    return own === null ? made : this.#seenBy(made, own, t, world);
  }

  /** A world with what agent `own` does not see left out. */
  #seenBy(world, own, t, name) {
    const window = this.window(t, own, name);
    if (!window) return world;
    const { row, column, hears } = world.agents[own];
    const reach = Math.floor(window.length / 2);
    const sees = (thing) => {
      const code = window[thing.row - row + reach]?.[thing.column - column + reach];
      return code !== undefined && code !== Cell.UNSEEN;
    };
    const unseen = new Set(world.agents.map((_, i) => i).filter((i) => i !== own && !sees(world.agents[i])));
    const heard = hears.map((slot) => symbolText(slot.symbols) + (slot.text ? ` “${shortened(slot.text, 26)}”` : ""));
    const title = `What ${this.agents[own].name} sees${heard.length ? ` · hears ${heard.slice(0, 2).join(", ")}` : ""}`;
    return { ...world, objects: world.objects.filter(sees), fog: { row, column, window }, unseen, title };
  }

  #objects(t, world) {
    const name = this.#name("objects", world);
    if (!name) return [];
    const found = [];
    const count = this.#columns.get(name).shape[1];
    for (let id = 0; id < count; id++) {
      const kind = this.facts.codes.cells[this.at(name, t, id, 0)] ?? "empty";
      const row = this.at(name, t, id, 1);
      if (kind === "empty" || row < 0) continue;
      found.push({ id, kind, row, column: this.at(name, t, id, 2), stock: this.at(name, t, id, 3) });
    }
    return found;
  }

  /** Walls that were built or broken by step t: the same list as long as nothing changes. */
  #cells(t, world) {
    const changes = world === "live" ? this.facts.walls : this.facts.twin_walls;
    let count = 0;
    while (count < changes.length && changes[count][0] <= t) count++;
    const key = `${world} ${count}`;
    if (!this.#walls.has(key)) {
      const cells = new Map(
        changes.slice(0, count).map(([, row, column, code]) => [`${row} ${column}`, [row, column, code]]),
      );
      this.#walls.set(key, [...cells.values()]);
    }
    return this.#walls.get(key);
  }

  #struck(t, i) {
    const other = this.#strikes.get(t * this.count + i);
    return other === undefined ? null : this.#placeOf(Math.min(t + 1, this.steps - 1), other, "live");
  }

  #links(t, { agent, step }) {
    const colour = this.scene.colours[agent];
    return this.listeners(step, agent)
      .filter(({ id, when }) => id !== agent && t >= step && t <= when)
      .map(({ id, when }) => ({ from: agent, to: id, arrived: t >= when, colour }));
  }

  #objectsApart(live, twin) {
    const key = ({ kind, row, column, stock }) => `${kind} ${row} ${column} ${stock}`;
    const there = new Map(twin.map((object) => [object.id, key(object)]));
    return live.filter((object) => there.get(object.id) !== key(object)).map(({ id }) => id);
  }

  /** By step: which agents are not as in the twin. */
  #differences() {
    const names = COMPARED.map((name) => [
      this.#name(name, "live") ?? (name === "emitted" ? "said" : null),
      name,
    ]).flatMap(([live, name]) => {
      const twin = this.#name(name, "twin") ?? (name === "emitted" ? this.#name("said", "twin") : null);
      return live && twin && this.has(live) ? [[live, twin]] : [];
    });
    const steps = Array.from({ length: this.steps }, () => []);
    for (let t = 0; t < this.steps; t++) {
      for (let i = 0; i < this.count; i++) if (names.some(([a, b]) => this.#apart(a, b, t, i))) steps[t].push(i);
    }
    return steps;
  }

  #apart(a, b, t, i) {
    const size = this.#shape(a)[2] ?? 1;
    for (let n = 0; n < size; n++) if (this.at(a, t, i, n) !== this.at(b, t, i, n)) return true;
    return false;
  }
}

const place = ([row, column]) => ({ row, column });

/** A floor for agents whose places are not known. */
function ringMap(count) {
  const side = ringSide(count);
  return {
    height: side,
    width: side,
    grid: Array.from({ length: side }, () => Array(side).fill(Cell.UNSEEN)),
    sites: [],
  };
}

const ringSide = (count) => 2 * Math.ceil((RING * count) / (2 * Math.PI) + 1) + 3;

function ringPlace(i, count) {
  const middle = (ringSide(count) - 1) / 2;
  const angle = (2 * Math.PI * i) / count - Math.PI / 2;
  const radius = count > 1 ? middle - 1.5 : 0;
  return [Math.round(middle + radius * Math.sin(angle)), Math.round(middle + radius * Math.cos(angle))];
}
