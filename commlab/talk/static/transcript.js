// The transcript: who said what, in symbols and in words; a person's lines can be made an experiment.

import { percent, symbolText } from "../page/bubbles.js";
import { byId, element, setOptions } from "../page/dom.js";
import { Experiments } from "./experiments.js";
import { announce } from "../page/notices.js";

const KEPT = 400; // lines
const FLUSH_EVERY = 150; // milliseconds

export class Transcript {
  #lines = new Map();
  #experiments;
  #send;
  #unsaved = 0;
  #held = new Map();
  #pending = [];
  #due = 0;
  #flushed = 0;

  constructor(send) {
    this.#send = send;
    this.#experiments = new Experiments(send);
    byId("show").addEventListener("change", () => this.#choose());
    byId("save").addEventListener("click", () => this.save());
    byId("replay").addEventListener("change", () => this.#replay());
  }

  /** Counts the person's lines since the conversation was last saved. */
  get unsaved() {
    return this.#unsaved;
  }

  setTalks(talks) {
    setOptions(byId("replay"), [["", "Replay …"], ...talks.map((name) => [name, name])]);
    byId("replay").disabled = !talks.length;
  }

  /** Adds lines; `reset` forgets the earlier ones first. In a crowd they come too quickly to be read one by one. */
  add({ reset, skipped, lines }) {
    if (reset) this.#forget();
    if (skipped) this.#pending.push({ kind: "note", sentence: `${skipped} earlier lines are not shown.` });
    this.#pending.push(...lines.map((line) => ({ ...line, old: reset })));
    if (this.#due) return;
    const wait = FLUSH_EVERY - (performance.now() - this.#flushed);
    if (wait <= 0) this.#flush();
    else this.#due = setTimeout(() => this.#flush(), wait);
  }

  #flush() {
    const list = byId("lines");
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const lines = this.#pending.splice(0);
    clearTimeout(this.#due);
    [this.#due, this.#flushed] = [0, performance.now()];
    list.append(...lines.map((line) => this.#rowOf(line)));
    while (list.children.length > KEPT) list.firstElementChild.remove();
    if (atEnd || lines.some((line) => line.kind === "person")) list.scrollTop = list.scrollHeight;
  }

  saved({ name, talks }) {
    this.#unsaved = 0;
    if (talks) this.setTalks(talks);
    return `Saved as “${name}”.`;
  }

  save() {
    this.#send({ type: "save" });
  }

  /** Shows how an experiment goes; it may come before its line. */
  experiment(message) {
    const line = this.#lines.get(message.line);
    if (line) this.#experiments.show(line, message);
    else this.#held.set(message.line, message);
  }

  /** Makes the last line of the person that can be one an experiment. */
  experimentOnLast() {
    const able = [...this.#lines.values()].filter((row) => row.querySelector("button.try:not([disabled])"));
    able.at(-1)?.querySelector("button.try").click();
    return able.length > 0;
  }

  #forget() {
    this.#pending = [];
    this.#lines.clear();
    this.#unsaved = 0;
    byId("lines").replaceChildren();
  }

  #rowOf(line) {
    const row = line.kind === "note" ? element("li", { class: "note", text: line.sentence ?? "" }) : this.#spoken(line);
    if (line.n === undefined) return row;
    this.#lines.set(line.n, row);
    const held = this.#held.get(line.n);
    if (held) this.experiment(held);
    this.#held.delete(line.n);
    if (line.kind === "person" && !line.old) this.#unsaved += 1;
    if (!line.old && (line.kind !== "agent" || line.answer) && line.sentence) announce(line.sentence);
    return row;
  }

  #spoken(line) {
    const mine = line.kind === "person";
    const row = element(
      "li",
      { class: `${mine ? "person" : "spoken"}${line.answer ? " answer" : ""}`, title: line.sentence },
      element("span", { class: "when", text: line.t }),
      element("span", { class: "who", text: `${line.who ?? ""}${mine && line.who !== "phantom" ? " (you)" : ""}` }),
      element("b", { class: "symbols", text: symbolText(line.symbols ?? []) }),
      element(
        "span",
        { class: "words" },
        line.words ?? line.meaning ?? "no meaning known",
        element("small", { text: ` ${percent(line.certainty)}` }),
      ),
    );
    if (line.answer)
      row.append(element("p", { class: "twin" }, element("b", { text: "≠ " }), `in the twin ${twinOf(line)}`));
    if (mine) row.append(element("p", { class: "how", text: howOf(line) }));
    if (mine && line.can_experiment) row.append(this.#experiments.button(line));
    return row;
  }

  #choose() {
    byId("lines").dataset.show = byId("show").value;
    byId("lines").scrollTop = byId("lines").scrollHeight;
  }

  #replay() {
    const name = byId("replay").value;
    byId("replay").value = "";
    if (name) this.#send({ type: "replay", name });
  }
}

const twinOf = ({ twin, twin_words: words }) =>
  twin?.some(Boolean) ? `it says ${symbolText(twin)}${words ? `, ${words}` : ""}` : "it is silent";

function howOf({ to, for: steps, kinship, alone, who }) {
  const listeners =
    to === "all" ? "everyone" : typeof to === "number" ? `agent ${to}` : String(to ?? "").replace(":", " ");
  const length = steps === 1 ? "1 step" : `${steps} steps`;
  const relation =
    who === "phantom" && typeof kinship === "number"
      ? kinship > 0
        ? "as kin"
        : kinship < 0
          ? "as an enemy"
          : "as a stranger"
      : "";
  return [`to ${listeners}`, relation, `for ${length}`, alone ? "and nothing else is heard" : ""]
    .filter(Boolean)
    .join(", ");
}
