// The keyboard: single keys that act while nobody is typing, and the list of them in the help.

import { byId, element } from "./dom.js";

const TYPING = "input:not([type=range]):not([type=checkbox]), select, textarea";
const PRESSING = "button, a, summary, input[type=checkbox], [role=radio]";
const REMEMBERED = "commlab-single-keys";

/**
 * Binds keys: `bindings` holds [keys, words, act] with act(key). Space and Enter stay with whatever button has the focus,
 * arrows with what they move in.
 */
export function bindKeys(bindings) {
  const acts = new Map(bindings.flatMap(([keys, , act]) => keys.map((key) => [key, act])));
  const allowed = byId("single-keys");
  allowed.checked = recall() !== "off";
  allowed.addEventListener("change", () => remember(allowed.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && document.activeElement?.matches(TYPING)) return document.activeElement.blur();
    const target = event.target instanceof Element ? event.target : document.body;
    if (!allowed.checked || target.closest("dialog[open]") || target.matches(TYPING)) return;
    if (target.closest(PRESSING) && (event.key === " " || event.key === "Enter")) return;
    if (event.key.startsWith("Arrow") && target.closest("input, [role=radio], .scroll")) return;
    const act = acts.get(event.key);
    if (!act) return;
    event.preventDefault();
    act(event.key);
  });
}

/** Lists the keys in the help. */
export function listKeys(bindings) {
  byId("keys").replaceChildren(
    ...bindings
      .filter(([, words]) => words)
      .map(([keys, words]) => element("div", {}, element("dt", {}, ...keyCaps(keys)), element("dd", { text: words }))),
  );
}

const NAMED = {
  " ": "Space",
  ArrowLeft: "←",
  ArrowRight: "→",
  PageDown: "Page ↓",
  PageUp: "Page ↑",
  "-": "−",
  Escape: "Esc",
};
const UNLISTED = ["=", "_"]; // the same keys without Shift, or with it

function keyCaps(keys) {
  const digits = keys.length > 5;
  const names = digits
    ? [`${keys[0]} … ${keys.at(-1)}`]
    : keys.filter((key) => !UNLISTED.includes(key)).map((key) => NAMED[key] ?? key);
  return names.map((name) => element("kbd", { text: name }));
}

function recall() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function remember(value) {
  try {
    localStorage.setItem(REMEMBERED, value);
  } catch {
    // a browser that keeps nothing
  }
}
