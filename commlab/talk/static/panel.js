// The panel of the picked agent: what it is, has, sees, hears, holds in its hidden state and is about to do.

import { percent, symbolText } from "../page/bubbles.js";
import { apart, identity, number, sight, whoOf } from "../page/person.js";
import { bar, byId, element } from "../page/dom.js";

const TOLD = { did: "did", said: "said", was: "was" };
const ACTIONS = 2; // of what it is about to do
const PROBES = 8;

/** Fills the panel from the scene, the last frame and the last focus of agent `pick`; the unknown is left out. */
export function showAgent(scene, frame, focus, pick) {
  const body = byId("agent-body");
  const agent = scene?.agents[pick];
  const state = frame?.live.agents[pick];
  byId("agent-title").textContent = agent ? agent.name : "Pick an agent";
  byId("agent-now").textContent = agent && state ? nowOf(state) : "";
  if (!agent || !state) {
    body.replaceChildren(element("p", { class: "hint", text: "Click an agent on the map, or press its number." }));
    return;
  }
  const known = focus?.agent === pick ? focus : null;
  const parts = [
    identity(scene, agent, state, pick, frame.live.agents),
    apart(frame, pick, TOLD),
    element(
      "div",
      { class: "senses" },
      seen(scene, frame, known, pick),
      element("div", {}, hearing(scene, known?.hears ?? state.hears), known ? plans(known) : null),
    ),
    known ? mind(known) : null,
  ];
  const scrolled = body.scrollTop;
  body.replaceChildren(...parts.filter(Boolean));
  body.scrollTop = scrolled;
}

/** What an agent last did, and how it is. */
function nowOf({ action, frozen, shield, total }) {
  const did = action ? `did ${action.replaceAll("_", " ")}` : "";
  return [did, frozen > 0 ? `frozen for ${frozen} steps` : "", shield ? "shield up" : "", `reward ${number(total)}`]
    .filter(Boolean)
    .join(" · ");
}

function seen(scene, frame, focus, pick) {
  const parts = focus?.window ? sight(scene, frame, focus.window, pick) : [];
  return element("section", { class: "sight" }, element("h3", { text: "Sees" }), ...parts);
}

function hearing(scene, slots) {
  const list = element("ul", { class: "slots" });
  for (const slot of slots) {
    list.append(
      element(
        "li",
        { class: slot.injected ? "injected" : "" },
        element("b", { class: "symbols", text: symbolText(slot.symbols) }),
        element(
          "span",
          { class: "words" },
          element("span", { text: slot.text ?? (slot.symbols.some(Boolean) ? "no meaning known" : "silence") }),
          element("small", { text: [percent(slot.certainty), whoOf(scene, slot)].filter(Boolean).join(" · ") }),
        ),
      ),
    );
  }
  if (!slots.length) list.append(element("li", { class: "hint", text: "nothing" }));
  return element("section", { class: "hearing" }, element("h3", { text: "Hears" }), list);
}

function mind(focus) {
  const box = element("section", { class: "mind" }, element("h3", { text: "Hidden state: what a probe reads in it" }));
  if (focus.probes_note) box.append(element("p", { class: "hint", text: focus.probes_note }));
  for (const probe of (focus.probes ?? []).slice(0, PROBES)) {
    const said = `${percent(probe.certainty)}, chance ${percent(probe.chance)}`;
    box.append(
      element(
        "div",
        { class: "probe", title: `${probe.target}: ${probe.value} (${said})` },
        element("span", { class: "target", text: nameOf(probe.target) }),
        element("span", { class: "value", text: valueOf(probe) }),
        bar(probe.certainty, probe.chance),
        element("span", { class: "number", text: percent(probe.certainty) }),
        element("span", { class: "unseen", text: `chance ${percent(probe.chance)}` }),
      ),
    );
  }
  return box.children.length > 1 ? box : null;
}

/** A target's name in words, without the form that it takes. */
const nameOf = (target) => target.split(".")[0].replaceAll("_", " ");

/** What a probe reads, without the target's name, which stands beside it. */
function valueOf({ target, phrase, value }) {
  if (!phrase) return String(value);
  const name = nameOf(target);
  return phrase.startsWith(`${name} is `) ? phrase.slice(name.length + 4) : phrase;
}

function plans(focus) {
  const actions = [...(focus.intends ?? [])]
    .sort((a, b) => b.probability - a.probability)
    .filter(({ probability }) => probability >= 0.005);
  const words = [...(focus.says ?? [])]
    .sort((a, b) => b.probability - a.probability)
    .filter(({ probability }) => probability >= 0.005);
  if (!actions.length && !words.length) return null;
  const row = (name, probability) =>
    element(
      "div",
      { class: "plan" },
      element("span", { class: "value", text: name }),
      bar(probability),
      element("span", { class: "number", text: percent(probability) }),
    );
  const spoken = ({ symbols, text }) =>
    symbols.some(Boolean) ? `says ${symbolText(symbols)}${text ? `, ${text}` : ""}` : "is silent";
  return element(
    "section",
    { class: "plans" },
    element("h3", { text: "Is about to" }),
    ...actions.slice(0, ACTIONS).map(({ action, probability }) => row(action.replaceAll("_", " "), probability)),
    ...words.slice(0, actions.length > 1 ? 1 : ACTIONS).map((word) => row(spoken(word), word.probability)),
  );
}
