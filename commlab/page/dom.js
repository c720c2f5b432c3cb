// Elements made from data: text is always set as text, never read as HTML.

/** The element of the page with that id. */
export const byId = (id) => document.getElementById(id);

/** A new element: attributes by name (text; on: handlers by event; null and false are left out), and children. */
export function element(tag, { text, on, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  if (text !== undefined && text !== null) made.textContent = text;
  for (const [event, handler] of Object.entries(on ?? {})) made.addEventListener(event, handler);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A bar that is full to that share, with a mark at `chance`, if given; its length is for the eye, its text for all. */
export function bar(share, chance = null) {
  const made = element("span", { class: "meter", "aria-hidden": "true" });
  const fill = element("i");
  fill.style.width = `${100 * Math.min(1, Math.max(0, share ?? 0))}%`;
  made.append(fill);
  if (chance !== null && chance !== undefined) {
    const mark = element("b");
    mark.style.left = `${100 * Math.min(1, Math.max(0, chance))}%`;
    made.append(mark);
  }
  return made;
}

/** Options of a select: [value, text] pairs; what was chosen stays chosen if it still exists. */
export function setOptions(select, pairs) {
  const chosen = select.value;
  select.replaceChildren(...pairs.map(([value, text]) => element("option", { value, text })));
  if (pairs.some(([value]) => String(value) === chosen)) select.value = chosen;
}
