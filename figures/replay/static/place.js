// The address of a moment: #reel=12&t=8&agent=1, read from the page's address and written into it.

const QUIET = 400; // milliseconds: browsers allow few changes of an address in a second

/** The moment that a hash names: reel, t and agent, null where it does not say. */
export function readPlace(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const whole = (name) => (/^\d{1,9}$/.test(given.get(name) ?? "") ? Number(given.get(name)) : null);
  return { reel: given.get("reel"), t: whole("t"), agent: whole("agent") };
}

/** The hash of a moment. */
export const hashOf = ({ reel, t, agent }) =>
  `#reel=${encodeURIComponent(reel)}&t=${t}${agent === null ? "" : `&agent=${agent}`}`;

let due = 0;

/** Writes a moment into the address, soon. */
export function writePlace(place) {
  clearTimeout(due);
  due = setTimeout(() => {
    const hash = hashOf(place);
    if (location.hash !== hash) history.replaceState(null, "", hash);
  }, QUIET);
}
