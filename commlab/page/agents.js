// The agents to pick from: a button each, with its colour, kinship and what it last did.

import { mix } from "./palette.js";
import { relationOf } from "./scene.js";
import { byId, element } from "./dom.js";

const WORDS = { self: "picked", kin: "kin", stranger: "stranger", none: "" };

export class Agents {
  #scene = null;
  #buttons = [];
  #onPick;

  constructor(onPick) {
    this.#onPick = onPick;
    byId("agents").addEventListener("keydown", (event) => this.#move(event));
  }

  setScene(scene) {
    this.#scene = scene;
    this.#buttons = scene.agents.map((agent, i) => {
      const number = element("b", { text: agent.id });
      number.style.setProperty("--own", mix(scene.colours[i], "#000000", 0.35));
      const on = { click: () => this.#onPick(agent.id) };
      return element(
        "button",
        { type: "button", role: "radio", "aria-checked": "false", tabindex: i ? "-1" : "0", on },
        number,
        element("span", { text: agent.body }),
        element("small"),
      );
    });
    byId("agents").replaceChildren(...this.#buttons);
  }

  /** Marks who is picked, who is kin to it, and who differs from the twin. */
  show(pick, differs) {
    this.#buttons.forEach((button, i) => {
      const relation = relationOf(this.#scene, pick, i);
      const apart = differs.includes(i);
      button.className = `${relation}${apart ? " differs" : ""}`;
      button.setAttribute("aria-checked", String(i === pick));
      button.tabIndex = i === (pick ?? 0) ? 0 : -1;
      const word = [this.#buttons.length > 2 ? WORDS[relation] : "", apart ? "differs" : ""].filter(Boolean).join(", ");
      if (button.lastElementChild.textContent !== word) button.lastElementChild.textContent = word;
    });
  }

  /** Brings the picked agent's button into sight. */
  reveal(pick) {
    this.#buttons[pick]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #move(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by || !this.#buttons.length) return;
    event.preventDefault();
    const at = Math.max(0, this.#buttons.indexOf(document.activeElement));
    const next = (at + by + this.#buttons.length) % this.#buttons.length;
    this.#onPick(next);
    this.#buttons[next].focus();
  }
}
