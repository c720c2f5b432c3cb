// What pages show of an agent: what it looks like, who it is, what it carries, and who spoke to it.

import { symbolText } from "./bubbles.js";
import { drawFigure, energyColour } from "./figures.js";
import { KINDS } from "./palette.js";
import { Pen } from "./pen.js";
import { relationOf } from "./scene.js";
import { drawSight } from "./sight.js";
import { drawThing } from "./things.js";
import { bar, element } from "./dom.js";

const PORTRAIT = 40;
const SIGHT = 132; // css pixels
const WIDEST = 44; // css pixels of a cell that is seen
const CRYSTALS = ["green", "yellow", "red", "blue"];

/** What an agent looks like: what drawFigure takes. */
export const look = (scene, state, i) => ({
  colour: scene.colours[i],
  body: scene.agents[i].shape,
  facing: state.facing,
  frozen: state.frozen > 0,
  shield: state.shield,
  dark: false,
});

/** Who an agent is and what it carries. */
export function identity(scene, agent, state, pick, others) {
  const facts = [
    scene.agents.some(({ family }) => family !== agent.family) ? `family ${agent.family}` : "",
    viewOf(agent.view),
    hearingOf(agent.hearing),
  ];
  const kin = others.map((_, j) => j).filter((j) => relationOf(scene, pick, j) === "kin");
  if (others.length > 2 && others.length <= 24) facts.push(kin.length ? `kin of ${kin.join(", ")}` : "no kin");
  return element(
    "div",
    { class: "identity" },
    picture("portrait", PORTRAIT, look(scene, state, pick), drawFigure),
    element("div", {}, element("p", { class: "facts", text: facts.filter(Boolean).join(" · ") }), carrying(state)),
  );
}

const viewOf = (view) =>
  view > 0 ? `sees ${view} ${view === 1 ? "cell" : "cells"} around it` : view === 0 ? "blind" : "";
const hearingOf = (hearing) =>
  hearing < 0 ? "hears everywhere" : hearing > 0 ? `hears ${hearing} cells far` : hearing === 0 ? "deaf" : "";

function carrying(state) {
  const row = element("p", { class: "carrying" });
  if (state.max_energy > 0) {
    const share = state.energy / state.max_energy;
    const energy = bar(share);
    energy.firstElementChild.style.background = energyColour(share);
    row.append(
      element("span", { text: "energy" }),
      energy,
      element("span", { class: "number", text: `${state.energy} / ${state.max_energy} J` }),
    );
  }
  state.carries.forEach((units, kind) => {
    if (!units) return;
    const code = Number(Object.keys(KINDS)[kind]);
    row.append(
      element(
        "span",
        { class: "crystal", title: `${units} ${CRYSTALS[kind]}` },
        picture(`crystal ${kind}`, 18, { kind: code, level: 6 }, drawThing),
        element("span", { text: `× ${units} ${CRYSTALS[kind]}` }),
      ),
    );
  });
  return row.children.length ? row : null;
}

/** What is different for agent `pick` in the twin, in the words of `told` (did, said, was), or null. */
export function apart(frame, pick, told) {
  if (!frame.differs.includes(pick)) return null;
  const [live, twin] = [frame.live.agents[pick], frame.twin.agents[pick]];
  const facts = [];
  const steps = Math.abs(live.row - twin.row) + Math.abs(live.column - twin.column);
  if (steps) facts.push(`stands ${steps} ${steps === 1 ? "cell" : "cells"} away`);
  if (live.action !== twin.action && twin.action) facts.push(`${told.did} ${twin.action}`);
  if (String(live.said) !== String(twin.said))
    facts.push(twin.said.some(Boolean) ? `${told.said} ${symbolText(twin.said)}` : `${told.was} silent`);
  if (String(live.carries) !== String(twin.carries)) facts.push("carries something else");
  if (live.total !== twin.total) facts.push(`has reward ${number(twin.total)}`);
  return element(
    "p",
    { class: "apart" },
    element("b", { text: "≠ " }),
    `In the twin it ${facts.join(", ") || "differs"}.`,
  );
}

/** What agent `pick` sees: its window of cell codes, drawn, with the agents in it. */
export function sight(scene, frame, window, pick) {
  const state = frame.live.agents[pick];
  const canvas = pictures.get("sight")?.canvas ?? element("canvas", { role: "img" });
  pictures.set("sight", { canvas });
  const places = frame.live.agents.map((other, j) => [
    `${other.row - state.row},${other.column - state.column}`,
    look(scene, other, j),
  ]);
  const words = drawSight(canvas, window, look(scene, state, pick), new Map(places), SIGHT, WIDEST);
  canvas.setAttribute("aria-label", words ? `It sees ${words}.` : "It sees nothing but its own cell.");
  canvas.title = words || "nothing";
  const blind = scene.agents[pick].view === 0;
  const hint = blind ? element("p", { class: "hint", text: "Blind: only words tell it where." }) : null;
  return [canvas, hint];
}

/** Who spoke, and what it is to the listener; `changed` is said where an intervention put other words into its mouth. */
export function whoOf(scene, slot, changed = "your words") {
  const kinship =
    typeof slot.kinship === "number"
      ? slot.kinship > 0
        ? `kin ${number(slot.kinship)}`
        : slot.kinship < 0
          ? `enemy ${number(slot.kinship)}`
          : "stranger"
      : "";
  const who =
    slot.speaker === null || slot.speaker === undefined
      ? slot.injected
        ? "phantom"
        : "somebody"
      : (scene.agents[slot.speaker]?.name ?? `agent ${slot.speaker}`);
  return [slot.injected && slot.speaker !== null ? `${who}, ${changed}` : who, kinship].filter(Boolean).join(", ");
}

export const pictures = new Map(); // by name: canvas, and what is on it

/** A small picture of what `draw(pen, thing)` draws: made once for a name, drawn anew when the thing changes. */
export function picture(name, side, thing, draw) {
  const unit = window.devicePixelRatio || 1;
  const key = `${unit} ${Object.values(thing)}`;
  const kept = pictures.get(name) ?? { canvas: element("canvas", { "aria-hidden": "true" }) };
  pictures.set(name, kept);
  if (kept.key === key) return kept.canvas;
  const { canvas } = kept;
  canvas.width = canvas.height = Math.round(side * unit);
  canvas.style.width = canvas.style.height = `${side}px`;
  const context = canvas.getContext("2d");
  context.translate((side * unit) / 2, (side * unit) / 2);
  context.scale(0.92 * side * unit, 0.92 * side * unit);
  draw(new Pen(context), thing);
  kept.key = key;
  return canvas;
}

/** A number as it is written. */
export const number = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(2).replace("-", "−"));
