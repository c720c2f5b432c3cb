// What the page tells beside its panels: errors in a corner, and a quiet voice for those who do not see the screen.

import { byId, element } from "./dom.js";

const SHOWN = 12000; // milliseconds
const GOOD_SHOWN = 5000;
const MOST = 3;

/** Shows a sentence in the corner for some seconds: an error, or with `good` something that went well. */
export function notice(sentence, { good = false } = {}) {
  const box = byId("toasts");
  const same = [...box.children].find((toast) => toast.dataset.sentence === sentence);
  if (same) same.remove();
  const toast = element("p", { class: good ? "toast good" : "toast", "data-sentence": sentence });
  const close = element("button", {
    type: "button",
    class: "small",
    text: "Close",
    on: { click: () => toast.remove() },
  });
  toast.append(element("span", { text: sentence }), close);
  box.append(toast);
  while (box.children.length > MOST) box.firstElementChild.remove();
  setTimeout(() => toast.remove(), good ? GOOD_SHOWN : SHOWN);
}

/** Says a sentence to screen readers. */
export function announce(sentence) {
  byId("live").textContent = sentence;
}
