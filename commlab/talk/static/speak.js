// The form in which a person says a meaning or symbols: as whom, to whom, for how long.

import { percent, symbolText } from "../page/bubbles.js";
import { byId, element, setOptions } from "../page/dom.js";

const SYMBOLS = /^\s*\d+(?:[\s,]+\d+)*\s*$/;

export class Speak {
  #hello = null;
  #send;

  constructor(send) {
    this.#send = send;
    byId("speak").addEventListener("submit", (event) => {
      event.preventDefault();
      this.sayTyped();
    });
    byId("say").addEventListener("input", () => this.#foretell());
    byId("say-as").addEventListener("change", () => this.#fit());
  }

  setHello(hello, first) {
    this.#hello = hello;
    const agents = hello.agents.map((agent) => [agent.id, agent.name]);
    setOptions(byId("say-as"), [["phantom", "a phantom"], ...agents]);
    const families = [...new Set(hello.agents.map((agent) => agent.family))].sort((a, b) => a - b);
    const toFamilies = families.length > 1 ? families.map((family) => [`family:${family}`, `family ${family}`]) : [];
    setOptions(byId("say-to"), [["all", "everyone"], ...toFamilies, ...agents]);
    const phrases = hello.phrasebook
      .filter((entry) => entry.phrase)
      .map((entry) => element("option", { value: entry.phrase }));
    byId("phrases").replaceChildren(...phrases);
    if (first && hello.defaults?.for) byId("say-for").value = hello.defaults.for;
    this.#fit();
    this.#foretell();
  }

  /** Says what is in the box. */
  sayTyped() {
    const words = byId("say").value.trim();
    if (!words) return this.hint("Type a meaning, or symbols with spaces between them.", true);
    this.say(SYMBOLS.test(words) ? { symbols: words.match(/\d+/g).map(Number) } : { meaning: words });
  }

  /** Says symbols or a meaning as the form says. */
  say(what) {
    const as = byId("say-as").value;
    const steps = Number(byId("say-for").value);
    if (!Number.isInteger(steps) || steps < 1)
      return this.hint("The number of steps must be a whole number from 1 up.", true);
    const message = {
      type: "say",
      as: as === "phantom" ? as : Number(as),
      to: toOf(byId("say-to").value),
      for: steps,
      ...what,
    };
    if (as === "phantom") message.kinship = Number(byId("say-kinship").value);
    if (byId("say-alone").checked) message.alone = true;
    if (this.#send(message)) this.hint("");
  }

  /** A sentence below the box. */
  hint(sentence, bad = false) {
    byId("say-hint").textContent = sentence;
    byId("say-hint").classList.toggle("bad", bad);
    byId("say").setAttribute("aria-invalid", String(bad));
  }

  /** Tells what the typed words would be before they are said. */
  #foretell() {
    const words = byId("say").value.trim();
    if (!words || !this.#hello) return this.hint("");
    this.hint(SYMBOLS.test(words) ? this.#readingOf(words.match(/\d+/g).map(Number)) : this.#symbolsFor(words));
  }

  #readingOf(symbols) {
    const { vocabulary, phrasebook } = this.#hello;
    const high = symbols.find((symbol) => symbol >= vocabulary);
    if (high !== undefined) return `There is no symbol ${high}: they go from 0 (silence) to ${vocabulary - 1}.`;
    const entry = phrasebook.find((one) => String(one.symbols) === String(symbols));
    return entry?.phrase
      ? `${symbolText(symbols)}: ${entry.phrase}, ${percent(entry.certainty)}`
      : symbols.some(Boolean)
        ? `${symbolText(symbols)}: no meaning is known.`
        : "Silence.";
  }

  #symbolsFor(words) {
    const entry = this.#hello.phrasebook.find((one) => one.phrase?.toLowerCase() === words.toLowerCase());
    return entry ? `Will be said as ${symbolText(entry.symbols)}, ${percent(entry.certainty)}.` : "";
  }

  #fit() {
    byId("say-kinship").disabled = byId("say-as").value !== "phantom";
  }
}

const toOf = (value) => (/^\d+$/.test(value) ? Number(value) : value);
