// The talk page: joins the connection, the stage and the panels.

import { Stage } from "../page/stage.js";
import { makeScene } from "../page/scene.js";
import { Agents } from "../page/agents.js";
import { Clock } from "./clock.js";
import { byId } from "../page/dom.js";
import { readMessage } from "./frames.js";
import { bindKeys, listKeys } from "../page/keys.js";
import { Link, addressOf } from "./link.js";
import { announce, notice } from "../page/notices.js";
import { showAgent } from "./panel.js";
import { Phrasebook } from "./phrasebook.js";
import { Speak } from "./speak.js";
import { Transcript } from "./transcript.js";

const PANEL_EVERY = 125; // milliseconds: text that changes faster cannot be read

const PATIENCE = 700; // milliseconds without an answer, then the page says that the server is working

const state = { hello: null, scene: null, frame: null, focus: null, pick: null };
const timings = [];
let waiting = 0;

const stage = new Stage(byId("canvas"), {
  timing: (milliseconds) => timings.push(milliseconds) > 600 && timings.splice(0, 300),
});
const transcript = new Transcript(send);
const clock = new Clock(send, () => transcript.unsaved);
const speak = new Speak(send);
const phrasebook = new Phrasebook((entry) => speak.say({ symbols: entry.symbols }));
const agents = new Agents(pick);
const link = new Link(addressOf(location), receive, showLink);
Object.defineProperty(window, "frameTimes", { get: () => [...timings] }); // milliseconds of drawing, for measurements

const TAKES = {
  hello: takeHello,
  episode: takeEpisode,
  frame: takeFrame,
  focus: takeFocus,
  lines: (message) => transcript.add(message),
  experiment: (message) => transcript.experiment(message),
  saved: (message) => tell(transcript.saved(message)),
  replayed: (message) => tell(message.sentence),
  error: takeError,
};

function send(message) {
  const sent = link.send(message);
  if (!sent) notice("There is no connection to commlab talk now, so that was not sent.");
  else waiting ||= setTimeout(() => (byId("link").textContent = "working …"), PATIENCE);
  return sent;
}

/** Whatever came, the server is there again. */
function heard() {
  clearTimeout(waiting);
  waiting = 0;
  if (byId("link").textContent !== "connected") byId("link").textContent = "connected";
}

function receive(text) {
  heard();
  try {
    const message = readMessage(text);
    if (message) TAKES[message.type](message);
  } catch (error) {
    notice(error.message);
  }
}

function takeHello(hello) {
  const first = state.hello === null;
  state.hello = hello;
  byId("run").textContent = `${hello.run} · ${hello.title ?? hello.scenario}`;
  byId("run").title = byId("run").textContent;
  document.title = `${hello.run} – commlab talk`;
  speak.setHello(hello, first);
  phrasebook.setHello(hello);
  transcript.setTalks(hello.talks ?? []);
  const there = hello.agents.some((agent) => agent.id === state.pick);
  if (!there) state.pick = (hello.agents.find((agent) => agent.walks) ?? hello.agents[0])?.id ?? null;
  if (link.isOpen) link.send({ type: "focus", agent: state.pick });
}

function takeEpisode(episode) {
  if (!state.hello) return;
  state.scene = makeScene(state.hello, episode);
  state.frame = null;
  stage.setScene(state.scene);
  stage.setPick(state.pick);
  agents.setScene(state.scene);
  showFollow();
}

function takeFrame(frame) {
  if (!state.scene || frame.live.agents.length !== state.scene.agents.length) return;
  state.frame = frame;
  stage.setFrame(frame);
  clock.show(frame);
  byId("waiting").hidden = true;
  refresh();
}

function takeFocus(focus) {
  state.focus = focus;
  refresh();
}

function takeError({ sentence, about }) {
  if (about === "say") speak.hint(sentence, true);
  else notice(sentence);
}

function tell(sentence) {
  notice(sentence, { good: true });
}

let due = 0;
let shown = 0;

/** Fills the panels soon, but not more often than they can be read. */
function refresh() {
  if (due) return;
  due = setTimeout(() => requestAnimationFrame(fill), Math.max(0, PANEL_EVERY - (performance.now() - shown)));
}

function fill() {
  due = 0;
  shown = performance.now();
  const { scene, frame, focus, pick: picked } = state;
  if (!scene || !frame) return;
  showAgent(scene, frame, focus, picked);
  agents.show(picked, frame.differs);
  byId("drift").textContent = driftOf(frame);
  byId("drift").classList.toggle("differs", frame.differs.length > 0);
  byId("canvas").setAttribute(
    "aria-label",
    `The live world and its untouched twin, step ${frame.t} of ${frame.steps}. ${driftOf(frame)}`,
  );
}

/** How far the live world is from the twin, in a sentence. */
function driftOf({ differs, drift, live, replaying }) {
  const replayed = replaying ? `Replay of “${replaying}”. ` : "";
  if (!drift || drift.since === null || drift.since === undefined) return `${replayed}Both worlds are the same so far.`;
  const many = live.agents.length;
  const verb = differs.length === 1 ? "differs" : "differ";
  const who = differs.length
    ? `${differs.length} of ${many} ${many === 1 ? "agent" : "agents"} ${verb} from the twin`
    : "All agents are as in the twin again";
  const far = drift.cells ? `, ${drift.cells} ${drift.cells === 1 ? "cell" : "cells"} apart in all` : "";
  const reward =
    typeof drift.reward === "number" ? ` · reward ${round(drift.reward)}, twin ${round(drift.twin_reward)}` : "";
  return `${replayed}${who}${far} · since step ${drift.since}${reward}`;
}

const round = (value) => (typeof value === "number" ? Number(value.toFixed(2)) : "?");

function pick(id) {
  if (!state.hello?.agents.some((agent) => agent.id === id)) return;
  state.pick = id;
  stage.setPick(id);
  link.send({ type: "focus", agent: id });
  if (state.frame) announce(`${state.hello.agents[id].name} is picked.`);
  fill();
  agents.reveal(id);
}

function pickBy(step) {
  const count = state.hello?.agents.length ?? 0;
  if (count) pick(((state.pick ?? 0) + step + count) % count);
}

function showLink(open, sentence) {
  clearTimeout(waiting);
  waiting = 0;
  document.body.classList.toggle("offline", !open);
  byId("link").textContent = open ? "connected" : "not connected";
  byId("lost").textContent = sentence;
  byId("lost").hidden = open;
  for (const id of ["time", "episodes"]) byId(id).disabled = !open;
}

function follow() {
  stage.follow(!stage.follows);
  showFollow();
}

function showFollow() {
  byId("follow").hidden = !stage.canFollow();
  byId("follow").setAttribute("aria-pressed", String(stage.follows));
}

const focusOn = (id) => () => {
  byId(id).focus();
  byId(id).select?.();
};

const KEYS = [
  [[" ", "p"], "play or pause", () => clock.toggle()],
  [[".", "ArrowRight"], "one step", () => clock.step()],
  [["+", "="], "faster", () => clock.faster(1)],
  [["-", "_"], "slower", () => clock.faster(-1)],
  [["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], "pick an agent", (key) => pick(Number(key))],
  [["[", "]"], "pick the one before, the next one", (key) => pickBy(key === "]" ? 1 : -1)],
  [["/", "i"], "write what to say (Enter says it)", focusOn("say")],
  [["f"], "search the phrasebook (Enter says the first phrase)", focusOn("search")],
  [
    ["e"],
    "make your last line an experiment",
    () => transcript.experimentOnLast() || notice("Say something first: only your own lines can become an experiment."),
  ],
  [["s"], "save the conversation", () => transcript.save()],
  [
    ["r", "n"],
    "this episode again, the next one",
    (key) => (key === "r" ? byId("again").click() : byId("next").click()),
  ],
  [["z"], "zoom on the picked agent, where the map is large", follow],
  [["?"], "this help", () => byId("help").showModal()],
  [["Escape"], "leave a field, close the help", () => {}],
];

byId("canvas").addEventListener("click", (event) => {
  const id = stage.agentAt(event.clientX, event.clientY);
  if (id !== null) pick(id);
});
byId("canvas").addEventListener("pointermove", (event) => {
  const id = stage.agentAt(event.clientX, event.clientY);
  byId("canvas").classList.toggle("over", id !== null);
  byId("canvas").title = id === null ? "" : (state.hello?.agents[id]?.name ?? "");
});
byId("follow").addEventListener("click", follow);
byId("help-open").addEventListener("click", () => byId("help").showModal());
byId("help-close").addEventListener("click", () => byId("help").close());
bindKeys(KEYS);
listKeys(KEYS);
