// The phrasebook: what can be said, as the lexicon found it; a click says it.

import { percent, symbolText } from "../page/bubbles.js";
import { bar, byId, element } from "../page/dom.js";

export class Phrasebook {
  #entries = [];
  #onSay;

  constructor(onSay) {
    this.#onSay = onSay;
    byId("search").addEventListener("input", () => this.#filter());
    byId("search").addEventListener("keydown", (event) => this.#keys(event));
  }

  setHello(hello) {
    const entries = hello.phrasebook.length ? hello.phrasebook : rawSymbols(hello);
    this.#entries = entries.map((entry) => ({ entry, row: this.#row(entry), words: wordsOf(entry) }));
    byId("book").replaceChildren(...this.#entries.map(({ row }) => row));
    byId("book-note").textContent = hello.phrasebook_note ?? "";
    this.#filter();
  }

  #row(entry) {
    const certain = percent(entry.certainty);
    return element(
      "li",
      {},
      element(
        "button",
        { type: "button", title: entry.sentence, on: { click: () => this.#onSay(entry) } },
        element("b", { class: "symbols", text: symbolText(entry.symbols) }),
        element("span", {
          class: entry.phrase ? "phrase" : "phrase unknown",
          text: entry.phrase ?? "no meaning found",
        }),
        typeof entry.certainty === "number" ? bar(entry.certainty) : element("span"),
        element("span", { class: "number", text: certain }),
      ),
    );
  }

  #filter() {
    const wanted = byId("search")
      .value.toLowerCase()
      .split(/[\s-]+/)
      .filter(Boolean);
    let shown = 0;
    for (const { row, words } of this.#entries) {
      row.hidden = !wanted.every((word) => words.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    byId("book").classList.toggle("empty", this.#entries.length > 0 && shown === 0);
    byId("book").dataset.empty = "No phrase has these words.";
  }

  /** Enter says the first phrase that was found, Escape forgets the search. */
  #keys(event) {
    if (event.key === "Enter") this.#entries.find(({ row }) => !row.hidden)?.row.firstElementChild.click();
    if (event.key !== "Escape") return;
    byId("search").value = "";
    this.#filter();
  }
}

const wordsOf = (entry) => `${symbolText(entry.symbols)} ${entry.phrase ?? ""} ${entry.sentence ?? ""}`.toLowerCase();

/** Without a lexicon: every symbol, its meaning unknown; of longer messages there are too many. */
function rawSymbols({ vocabulary, length }) {
  if (length !== 1) return [];
  const symbols = Array.from({ length: vocabulary }, (_, symbol) => symbol);
  return symbols.map((symbol) => ({
    symbols: [symbol],
    phrase: symbol ? null : "silence",
    certainty: null,
    sentence: null,
  }));
}
