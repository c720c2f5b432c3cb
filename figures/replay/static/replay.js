// The replay page: joins the episode, the stage, the timeline and the panels.

import { Agents } from "../page/agents.js";
import { byId, element } from "../page/dom.js";
import { bindKeys, listKeys } from "../page/keys.js";
import { announce, notice } from "../page/notices.js";
import { Stage } from "../page/stage.js";
import { Episode } from "./episode.js";
import { bindGestures } from "./gestures.js";
import { showAgent, showFacts, showMessage } from "./inspector.js";
import { hashOf, readPlace, writePlace } from "./place.js";
import { Player } from "./player.js";
import { Timeline } from "./timeline.js";
import { toldOf } from "./signs.js";
import { openReel, readIndex } from "./unpack.js";

const PANEL_EVERY = 110; // milliseconds: text that changes faster cannot be read
const NOTCH = 1.4; // a press of a zoom key
const SPEEDS = [1, 2, 4, 8, 15, 30, 60];
const TITLES = { live: "Live, with the intervention", twin: "Twin, untouched" };
const SHORT_TITLES = { live: "Live", twin: "Twin" };
const NARROW = 700; // css pixels

const index = readIndex();
const state = { reel: null, episode: null, t: 0, pick: null, follow: null, own: false };
const opened = new Map();
const timings = [];
let filled = 0;
let due = 0;
let revealed = null;
let asked = 0; // moments, so that of two only the last is shown

const stage = new Stage(byId("canvas"), {
  worlds: { live: "" },
  timing: (milliseconds) => timings.push(milliseconds) > 600 && timings.splice(0, 300),
});
Object.defineProperty(window, "frameTimes", { get: () => [...timings] }); // milliseconds of drawing, for measurements
const timeline = new Timeline(byId("timeline"), {
  seek: (t) => seek(t),
  message: (agent, t) => clickedMessage(agent, t),
  tip: (sentence) => (byId("tip").textContent = sentence || status()),
});
const player = new Player((steps) => {
  seek(Math.min(state.episode.steps - 1, state.t + steps), true);
  const more = state.t < state.episode.steps - 1;
  if (!more) showPlaying(false);
  return more;
});
const agents = new Agents((id) => pick(id));

/** Goes to a moment: another episode, step and agent, as far as they are given. */
async function go({ reel, t, agent }) {
  const known = index.reels.some(({ id }) => id === reel);
  if (reel !== null && !known) notice(`There is no episode ${reel} in this replay; shown is ${index.reels[0].title}.`);
  const wanted = known ? reel : (state.reel ?? index.reels[0].id);
  const mine = ++asked;
  if (wanted !== state.reel && !(await show(wanted, () => mine === asked))) return;
  if (agent !== null && agent < state.episode.count) pick(agent, false);
  seek(Math.max(0, Math.min(state.episode.steps - 1, t ?? 0)));
}

/** Opens a reel and shows it, if it is still `wanted` then. Returns whether it is shown. */
async function show(id, wanted) {
  pause();
  try {
    if (!opened.has(id)) opened.set(id, new Episode(await openReel(id)));
  } catch (error) {
    byId("waiting").textContent = error.message;
    notice(error.message);
    return false;
  }
  if (!wanted()) return false;
  const episode = opened.get(id);
  Object.assign(state, { reel: id, episode, t: 0, follow: null });
  if (state.pick !== null && state.pick >= episode.count) state.pick = null;
  byId("waiting").hidden = true;
  byId("episode").value = id;
  const { scenario } = episode.facts;
  const titles = window.innerWidth < NARROW ? SHORT_TITLES : TITLES;
  stage.setWorlds(episode.facts.twin ? titles : { live: scenario.title || scenario.name || "The world" });
  const { height, width } = episode.scene.map;
  byId("canvas").parentElement.style.setProperty("--shape", String(height / width / episode.worlds.length));
  stage.setScene(episode.scene);
  stage.setPick(state.pick);
  agents.setScene(episode.scene);
  timeline.setEpisode(episode);
  timeline.setPick(state.pick);
  byId("timeline").setAttribute("aria-valuemax", String(episode.steps - 1));
  byId("own").disabled = !episode.has("window");
  showFacts(episode, index);
  showFollowButton();
  return true;
}

/** Goes to step t. */
function seek(t, smooth = false) {
  const { episode } = state;
  const near = t === state.t + 1 || t === state.t;
  state.t = t;
  const options = {
    own: state.own ? state.pick : null,
    follow: state.follow,
    playing: player.playing,
    speed: player.speed,
  };
  stage.setFrame(episode.frame(t, options), smooth && near ? null : episode.past(t));
  timeline.setTime(t);
  timeline.setFollow(state.follow);
  refresh();
  writePlace({ reel: state.reel, t, agent: state.pick });
}

/** Draws the same step anew, because something else changed. */
const again = () => state.episode && seek(state.t);

function refresh() {
  if (due) return;
  due = setTimeout(() => requestAnimationFrame(fill), Math.max(0, PANEL_EVERY - (performance.now() - filled)));
}

function fill() {
  due = 0;
  filled = performance.now();
  const { episode, t, pick: picked } = state;
  const frame = episode.frame(t);
  showAgent(episode, frame, picked, follow);
  showMessage(episode, state.follow, t, { pick: pickAt, seek: (step) => seek(step), stop: () => follow(null) });
  agents.show(picked, frame.differs);
  if (picked !== revealed && picked !== null) agents.reveal(picked);
  revealed = picked;
  byId("clock").textContent = `step ${t} of ${episode.steps - 1}`;
  if (!byId("timeline").matches(":hover")) byId("tip").textContent = status().replace(/^Step \d+( · |$)/, "");
  byId("canvas").setAttribute("aria-label", `The world at step ${t} of ${episode.steps - 1}. ${status()}`);
  document.body.dataset.shown = `${state.reel} ${t} ${picked ?? ""}`;
}

/** What happens at this step, in a sentence. */
function status() {
  const { episode, t } = state;
  if (!episode) return "";
  const names = (id) => episode.agents[id]?.name ?? "somebody";
  const met = ([, kind, , other]) => other >= 0 || (kind !== "attack" && kind !== "give");
  const found = episode.facts.events.filter((event) => event[0] === t && met(event));
  const told = found.map((event) => toldOf(event, names));
  const paid = episode.agents.map((_, i) => [i, episode.reward(t, i)]).filter(([, reward]) => reward);
  told.push(...paid.map(([i, reward]) => `${names(i)} is paid ${Number(reward.toPrecision(3))}`.replace("-", "−")));
  const twin = !episode.differs
    ? ""
    : episode.differs[t].length
      ? `${episode.differs[t].length} of ${episode.count} unlike the twin`
      : "all as in the twin";
  if (told.length > 3) told.splice(3, told.length, `and ${told.length - 3} more`);
  return [`Step ${t}`, ...told, twin].filter(Boolean).join(" · ");
}

function pick(id, redraw = true) {
  if (id !== null && !(id < state.episode?.count)) return;
  state.pick = id;
  stage.setPick(id);
  timeline.setPick(id);
  if (id === null) setOwn(false);
  showFollowButton();
  if (id !== null) announce(`${state.episode.agents[id].name} is picked.`);
  if (redraw) again();
}

function pickAt(id, t) {
  pick(id, false);
  seek(t);
}

function pickBy(by) {
  const { count } = state.episode;
  pick(state.pick === null ? (by > 0 ? 0 : count - 1) : (state.pick + by + count) % count);
}

/** Follows what an agent says at a step to those who hear it; null stops. */
function follow(agent, step) {
  state.follow = agent === null ? null : { agent, step };
  if (agent === null) return again();
  if (state.t < step || state.t > step + state.episode.delay) seek(step);
  else again();
  byId("message").scrollIntoView({ block: "nearest" });
}

function clickedMessage(agent, t) {
  if (agent === null) return;
  pick(agent, false);
  if (t === null) return again();
  state.follow = { agent, step: t };
  seek(t);
}

function setOwn(on) {
  state.own = on && state.pick !== null && state.episode.has("window");
  byId("own").setAttribute("aria-pressed", String(state.own));
}

function toggleOwn() {
  if (!state.episode.has("window")) return notice("This recording does not hold what agents see.");
  if (state.pick === null) pick(0, false);
  setOwn(!state.own);
  again();
}

function play() {
  if (player.playing) return pause();
  if (state.t >= state.episode.steps - 1) seek(0);
  player.play();
  showPlaying(true);
}

function pause() {
  player.pause();
  showPlaying(false);
}

function showPlaying(on) {
  document.body.classList.toggle("playing", on);
  byId("play-word").textContent = on ? "Pause" : "Play";
}

function step(by) {
  pause();
  seek(Math.max(0, Math.min(state.episode.steps - 1, state.t + by)), by === 1);
}

function setSpeed(speed) {
  player.speed = speed;
  byId("speed").value = String(speed);
}

function faster(by) {
  const at = SPEEDS.indexOf(player.speed);
  setSpeed(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + by))]);
}

function message(by) {
  if (state.pick === null) pick(0, false);
  const t = timeline.nextMessage(state.t, state.pick, by);
  if (t === null)
    return notice(`${state.episode.agents[state.pick].name} says nothing more ${by > 0 ? "after" : "before"} this.`);
  pause();
  state.follow = { agent: state.pick, step: t };
  seek(t);
}

function happening(by) {
  const { events } = state.episode.facts;
  const steps = events
    .filter(([, kind, , other]) => other >= 0 || (kind !== "attack" && kind !== "give"))
    .map(([t]) => t);
  const found = by > 0 ? steps.find((t) => t > state.t) : steps.findLast((t) => t < state.t);
  if (found === undefined) return notice(`Nothing more happens ${by > 0 ? "after" : "before"} this.`);
  pause();
  seek(found);
}

function otherEpisode(by) {
  const at = index.reels.findIndex(({ id }) => id === state.reel);
  const next = index.reels[(at + by + index.reels.length) % index.reels.length];
  go({ reel: next.id, t: 0, agent: state.pick });
}

async function copyLink() {
  const address = location.href.replace(/#.*/, "") + hashOf({ reel: state.reel, t: state.t, agent: state.pick });
  try {
    await navigator.clipboard.writeText(address);
    notice("The link to this moment is copied.", { good: true });
  } catch {
    byId("address").value = address;
    byId("link").showModal();
    byId("address").select();
  }
}

function zoom(factor) {
  stage.zoom(factor);
  byId("canvas").style.touchAction = stage.zoomed ? "none" : "pan-y";
}

function followAgent() {
  if (stage.follows) stage.whole();
  else stage.follow(true);
  showFollowButton();
}

function showFollowButton() {
  byId("follow").hidden = !stage.canFollow();
  byId("follow").setAttribute("aria-pressed", String(stage.follows));
}

/** The list of moments that are worth seeing. */
function listMoments() {
  byId("moments-panel").hidden = index.moments.length === 0;
  byId("moments").replaceChildren(
    ...index.moments.map((moment, n) => {
      const title = index.reels.find(({ id }) => id === moment.reel).title;
      const link = element(
        "a",
        { href: hashOf({ reel: moment.reel, t: moment.step, agent: moment.agents[0] ?? null }), "data-n": n },
        element("span", { text: moment.note }),
        element("small", { text: `${title}, step ${moment.step}` }),
      );
      return element("li", {}, link);
    }),
  );
}

let moment = -1;

function nextMoment(by) {
  if (!index.moments.length) return notice("Nothing is marked as worth seeing in this replay.");
  moment = (moment + by + index.moments.length) % index.moments.length;
  byId("moments").children[moment].firstElementChild.click();
}

const KEYS = [
  [[" ", "p"], "play or pause", () => play()],
  [[".", "ArrowRight"], "one step on", () => step(1)],
  [[",", "ArrowLeft"], "one step back", () => step(-1)],
  [["PageDown", "PageUp"], "ten steps on, back", (key) => step(key === "PageDown" ? 10 : -10)],
  [["Home", "End"], "the first step, the last one", (key) => step(key === "Home" ? -Infinity : Infinity)],
  [["<", ">"], "slower, faster", (key) => faster(key === ">" ? 1 : -1)],
  [["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], "pick an agent", (key) => pick(Number(key))],
  [["[", "]"], "pick the one before, the next one", (key) => pickBy(key === "]" ? 1 : -1)],
  [["v"], "see only what the picked agent sees, or all", () => toggleOwn()],
  [
    ["n", "b"],
    "its next message, the one before, followed to those who hear it",
    (key) => message(key === "n" ? 1 : -1),
  ],
  [["e", "w"], "the next deed or event, the one before", (key) => happening(key === "e" ? 1 : -1)],
  [["m"], "the next moment worth seeing", () => nextMoment(1)],
  [["+", "=", "-", "_"], "zoom in, zoom out", (key) => zoom(key === "+" || key === "=" ? NOTCH : 1 / NOTCH)],
  [["z"], "keep the picked agent in the middle, or show the whole map", () => followAgent()],
  [["o", "O"], "the next episode, the one before", (key) => otherEpisode(key === "o" ? 1 : -1)],
  [["c"], "copy a link to this moment", () => copyLink()],
  [["?"], "this help", () => byId("help").showModal()],
  [["Escape"], "follow no message, pick nobody, close", () => (state.follow ? follow(null) : pick(null))],
];

function start() {
  byId("episode").replaceChildren(...index.reels.map(({ id, title }) => element("option", { value: id, text: title })));
  byId("episode").addEventListener("change", (event) => go({ reel: event.target.value, t: 0, agent: state.pick }));
  byId("episodes").hidden = index.reels.length < 2;
  byId("speed").replaceChildren(
    ...SPEEDS.map((n) => element("option", { value: n, text: `${n} ${n === 1 ? "step" : "steps"}/s` })),
  );
  setSpeed(8);
  byId("speed").addEventListener("change", (event) => setSpeed(Number(event.target.value)));
  for (const [id, act] of Object.entries({
    play,
    back: () => step(-1),
    next: () => step(1),
    own: toggleOwn,
    follow: followAgent,
    copy: copyLink,
    "zoom-in": () => zoom(NOTCH),
    "zoom-out": () => zoom(1 / NOTCH),
    "help-open": () => byId("help").showModal(),
    "help-close": () => byId("help").close(),
    "link-close": () => byId("link").close(),
    shrink: () => timeline.zoom(0.6),
    stretch: () => timeline.zoom(1.7),
  }))
    byId(id).addEventListener("click", act);
  bindGestures(byId("canvas"), stage, (id) => pick(id === state.pick ? null : id));
  window.addEventListener("hashchange", () => go(readPlace(location.hash)));
  bindKeys(KEYS);
  listKeys(KEYS);
  listMoments();
  go(readPlace(location.hash));
}

start();
