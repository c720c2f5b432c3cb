// Experiments made from a person's lines: progress, then the finding with its interval and p-value.

import { byId, element } from "../page/dom.js";
import { announce } from "../page/notices.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, EDGE] = [220, 34, 8];

export class Experiments {
  #send;

  constructor(send) {
    this.#send = send;
  }

  /** The button that makes a line an experiment. */
  button(line) {
    const title = "Say it again in many new episodes, each beside its twin (e for the last line)";
    return element("button", {
      type: "button",
      class: "try small",
      title,
      text: "Make it an experiment",
      on: { click: (event) => this.#start(event, line) },
    });
  }

  /** Shows how the experiment of a line stands, in the line's row. */
  show(row, message) {
    const box = row.querySelector(".experiment") ?? row.appendChild(element("div", { class: "experiment" }));
    const button = row.querySelector("button.try");
    if (button) button.disabled = message.state === "running";
    if (message.state === "running") return box.replaceChildren(...progress(message));
    if (message.sentence) announce(message.sentence);
    if (button) button.textContent = "Once more";
    box.replaceChildren(
      ...(message.state === "done" ? finding(message) : [element("p", { class: "bad", text: message.sentence })]),
    );
    row.scrollIntoView({ block: row.clientHeight > byId("lines").clientHeight ? "start" : "nearest" });
    byId("lines").dataset.latest = String(message.line);
  }

  #start(event, line) {
    if (!this.#send({ type: "experiment", line: line.n })) return;
    event.target.disabled = true;
  }
}

function progress({ done }) {
  const share = done ?? 0;
  return [
    element("progress", { max: 1, value: share, "aria-label": "The experiment" }),
    element("span", { class: "number", text: `${Math.round(100 * share)} %` }),
  ];
}

function finding({ sentence, estimate, interval, unit, p_value: p, n, path }) {
  const parts = [];
  if (typeof estimate === "number" && interval?.length === 2) parts.push(forest(estimate, interval));
  const facts = [
    typeof estimate === "number" ? `${signed(estimate)} ${unit ?? ""}`.trim() : "",
    interval?.length === 2 ? `95 % interval ${signed(interval[0])} to ${signed(interval[1])}` : "",
    typeof p === "number" ? (p < 0.001 ? "p < 0.001" : `p = ${Number(p.toPrecision(2))}`) : "",
    typeof n === "number" ? `n = ${n} episodes` : "",
  ];
  parts.push(element("p", { class: "facts", text: facts.filter(Boolean).join(" · ") }));
  parts.push(element("p", { class: "finding", text: sentence }));
  if (path) parts.push(element("p", { class: "path", text: path }));
  return parts;
}

/** The estimate as a dot on its interval, with a line at zero. */
function forest(estimate, [low, high]) {
  const [least, most] = [Math.min(0, low), Math.max(0, high)];
  const x = (value) => EDGE + ((value - least) / (most - least || 1)) * (WIDTH - 2 * EDGE);
  const picture = shape("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    width: WIDTH,
    height: HEIGHT,
    class: "forest",
    "aria-hidden": "true",
  });
  const zero = shape("text", {
    x: x(0),
    y: HEIGHT - 2,
    "text-anchor": x(0) < 30 ? "start" : x(0) > WIDTH - 30 ? "end" : "middle",
  });
  zero.textContent = "0";
  picture.append(
    shape("line", { x1: x(0), x2: x(0), y1: 2, y2: HEIGHT - 13, class: "zero" }),
    shape("line", { x1: x(low), x2: x(high), y1: 11, y2: 11, class: "interval" }),
    shape("circle", { cx: x(estimate), cy: 11, r: 4.5, class: "estimate" }),
    zero,
  );
  return picture;
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const signed = (value) => `${value > 0 ? "+" : ""}${Number(value.toPrecision(3))}`.replace("-", "−");
