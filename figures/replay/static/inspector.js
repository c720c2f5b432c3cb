// What the panels tell at a step: the picked agent, the message that is followed, and the facts of the episode.

import { percent, symbolText } from "../page/bubbles.js";
import { byId, element } from "../page/dom.js";
import { apart, identity, number, sight, whoOf } from "../page/person.js";
import { relationOf } from "../page/scene.js";

const TOLD = { did: "does", said: "says", was: "is" };
const AFTER = 4; // steps that are told of what listeners do next

/** Fills the panel of agent `pick` at the step of `frame`; `follow(agent, step)` is what its buttons do. */
export function showAgent(episode, frame, pick, follow) {
  const agent = episode.agents[pick];
  byId("agent-title").textContent = agent ? agent.name : "Everybody";
  const body = byId("agent-body");
  if (!agent) {
    byId("agent-now").textContent = "";
    body.replaceChildren(
      element("p", { class: "hint", text: "Pick an agent to see what it saw, heard, said and did." }),
    );
    return;
  }
  const state = frame.live.agents[pick];
  byId("agent-now").textContent = nowOf(episode, frame.t, state, pick);
  const seen = sees(episode, frame, pick);
  const ears = element("div", {}, hearing(episode, state.hears, follow), saying(episode, frame.t, pick, state, follow));
  const parts = [
    identity(episode.scene, agent, state, pick, frame.live.agents),
    features(episode, frame.t, pick),
    apart(frame, pick, TOLD),
    element("div", { class: seen ? "senses" : "senses alone" }, seen, ears),
  ];
  body.replaceChildren(...parts.filter(Boolean));
}

function nowOf(episode, t, { action, frozen, shield, total }, pick) {
  const gain = episode.reward(t, pick);
  return [
    action ? `does ${action}` : "",
    frozen > 0 ? `frozen for ${frozen} steps` : "",
    shield ? "shield up" : "",
    episode.has("reward")
      ? `reward ${number(total)}${gain ? ` ${gain > 0 ? "+" : "−"} ${number(round(Math.abs(gain)))}` : ""}`
      : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

const round = (value) => Number(value.toPrecision(3));

function features(episode, t, pick) {
  const known = episode.features(t, pick);
  if (!known.length) return null;
  return element("p", { class: "facts", text: known.map(([name, value]) => `${name}: ${value}`).join(" · ") });
}

function sees(episode, frame, pick) {
  const window = episode.window(frame.t, pick);
  if (!window) return null;
  const parts = sight(episode.scene, frame, window, pick);
  return element("section", { class: "sight" }, element("h3", { text: "Sees" }), ...parts);
}

function hearing(episode, slots, follow) {
  const list = element("ul", { class: "slots" });
  for (const slot of slots) list.append(heard(episode, slot, follow));
  if (!slots.length) list.append(element("li", { class: "hint", text: episode.slots ? "nothing" : "not recorded" }));
  return element("section", { class: "hearing" }, element("h3", { text: "Hears" }), list);
}

function heard(episode, slot, follow) {
  const spoken = slot.speaker !== null && slot.when >= 0;
  const notes = [percent(slot.certainty), whoOf(episode.scene, slot, "changed")];
  if (slot.relayed) notes.push("by beacon");
  if (slot.noisy && !slot.injected)
    notes.push(`said was ${symbolText(episode.written(episode.said(slot.when, slot.speaker)))}`);
  return element(
    "li",
    { class: slot.injected ? "injected" : "" },
    element("b", { class: "symbols", text: symbolText(slot.symbols) }),
    element(
      "span",
      { class: "words" },
      told(slot.text ?? (slot.symbols.some(Boolean) ? unknown(episode, slot.speaker) : "silence")),
      spoken && !slot.noisy ? verdict(episode, slot.when, slot.speaker) : null,
      element("small", { text: notes.filter(Boolean).join(" · ") }),
      spoken ? followButton("Where it comes from", () => follow(slot.speaker, slot.when)) : null,
    ),
  );
}

const told = (text) => (text ? element("span", { text }) : null);

/** Why there are no words for a message of agent `speaker`. */
const unknown = (episode, speaker) => {
  if (!episode.facts.knows_words) return "";
  return speaker === null || episode.speakers.has(speaker) ? "no meaning known" : "no lexicon of its words";
};

/** Whether what was said is so, in words; nothing where that is not known. */
export function verdict(episode, t, i) {
  const { verdict: found, really } = episode.truth(t, i);
  if (!found) return null;
  const text = found === "true" ? "✓ so it is" : `✗ not so${really ? `: ${really}` : ""}`;
  return element("span", { class: `verdict ${found}`, text });
}

const followButton = (text, act) =>
  element("button", { type: "button", class: "small follow", text, on: { click: act } });

function saying(episode, t, pick, state, follow) {
  if (!episode.length) return null;
  const [symbols, chosen] = [episode.said(t, pick), episode.chosen(t, pick)];
  const box = element("section", { class: "saying" }, element("h3", { text: "Says" }));
  if (!symbols.some(Boolean) && state.said_text === null && !state.by_person) {
    box.append(element("p", { class: "hint", text: "nothing" }));
    return box;
  }
  const changed = state.by_person ? `changed by an intervention, it chose ${symbolText(episode.written(chosen))}` : "";
  const item = element(
    "li",
    { class: state.by_person ? "injected" : "" },
    element("b", { class: "symbols", text: symbolText(state.said) }),
    element(
      "span",
      { class: "words" },
      told(state.said_text ?? (symbols.some(Boolean) ? unknown(episode, pick) : "silence")),
      verdict(episode, t, pick),
      element("small", { text: [percent(state.certainty), changed].filter(Boolean).join(" · ") }),
      followButton("Who hears it", () => follow(pick, t)),
    ),
  );
  box.append(element("ul", { class: "slots" }, item));
  return box;
}

/** Fills the card of the message that is followed: what it means, who hears it, and what they do next. */
export function showMessage(episode, followed, t, { pick, seek, stop }) {
  const card = byId("message");
  card.hidden = followed === null;
  if (followed === null) return;
  const { agent, step } = followed;
  const symbols = episode.said(step, agent);
  const { text, certainty } = episode.meaning(symbols, agent);
  const listeners = episode.listeners(step, agent).filter(({ id }) => id !== agent);
  const rows = listeners.map((one) => listenerRow(episode, agent, one, pick));
  const when = listeners.length ? listeners[0].when : step;
  const none = step + episode.delay >= episode.steps ? "The episode ends before it is heard." : "Nobody hears it.";
  const body = [
    element(
      "p",
      { class: "line" },
      element("b", { class: "symbols", text: symbolText(episode.written(symbols)) }),
      told(text ?? (symbols.some(Boolean) ? unknown(episode, agent) : "silence")),
      element("small", { text: percent(certainty) }),
    ),
    verdict(episode, step, agent),
    element("h3", {
      text: listeners.length ? `Heard ${when === step ? "at once" : `at step ${when}`} by ${listeners.length}` : none,
    }),
    element("ul", { class: "listeners" }, ...rows),
  ];
  byId("message-title").textContent = `${episode.agents[agent].name} at step ${step}`;
  byId("message-body").replaceChildren(...body.filter(Boolean));
  byId("message-go").textContent = t === step ? "Go to hearing" : "Go to speaking";
  byId("message-go").hidden = when === step && t === step;
  byId("message-go").onclick = () => seek(t === step ? when : step);
  byId("message-close").onclick = stop;
}

function listenerRow(episode, speaker, { id, when, slot }, pick) {
  const relation = relationOf(episode.scene, speaker, id);
  const heardAs = episode.hears(when, id).filter((one) => one.speaker === speaker);
  const noisy = heardAs.some((one) => one.noisy) ? `as ${symbolText(heardAs[0].symbols)}, ` : "";
  const next = episode.next(when, id, AFTER);
  const gain = [...Array(AFTER).keys()].reduce(
    (sum, n) => sum + (when + n < episode.steps ? episode.reward(when + n, id) : 0),
    0,
  );
  const notes = [
    episode.slots > 1 ? `slot ${slot + 1}` : "",
    relation === "none" ? "" : relation,
    gain ? `reward ${gain > 0 ? "+" : "−"}${number(round(Math.abs(gain)))}` : "",
  ].filter(Boolean);
  return element(
    "li",
    {},
    element("button", {
      type: "button",
      class: "small",
      text: episode.agents[id].name,
      on: { click: () => pick(id, when) },
    }),
    element(
      "span",
      { class: "words" },
      element("span", { text: `${noisy}${next.length ? `then ${next.join(", ")}` : "the episode ends"}` }),
      element("small", { text: notes.join(" · ") }),
    ),
  );
}

/** Fills the facts of the episode. */
export function showFacts(episode, index) {
  const { facts } = episode;
  const rows = [
    ["run", index.run],
    ["scenario", facts.scenario.title || facts.scenario.name],
    [
      "episode",
      `${facts.episode}, ${facts.steps} steps, ${facts.ended ? "ended by the world's rules" : "cut at its time limit"}`,
    ],
    ["seed", String(facts.seed)],
    ["recording", facts.recording],
    ["checkpoint", facts.checkpoint],
    ["condition", facts.condition],
    [
      "heard",
      facts.delay === 0 ? "at once" : facts.delay === 1 ? "one step after it is said" : `${facts.delay} steps after`,
    ],
    [
      "words",
      facts.knows_words
        ? "by the run's lexicon; certainty: how often it is true when said"
        : "no lexicon is saved of these agents",
    ],
    ...facts.changes.map(({ first, last, sentence }) => [`steps ${first}–${last}`, sentence]),
  ].filter(([, value]) => value);
  byId("facts").replaceChildren(
    ...rows.flatMap(([name, value]) => [element("dt", { text: name }), element("dd", { text: value })]),
  );
  byId("map-note").textContent = facts.map_note;
  byId("map-note").hidden = !facts.map_note;
}
