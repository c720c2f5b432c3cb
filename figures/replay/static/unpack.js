// Reels as they stand in the page: base64, gzip, then facts and columns, each as differences along time.

const ARRAYS = { u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, i4: Int32Array, f4: Float32Array };

/** What the page holds: run, reels (id, title, steps, agents) and moments. */
export const readIndex = () => JSON.parse(document.getElementById("index").textContent);

/** The facts and columns of a reel. Throws an Error whose message is a sentence where it cannot be read. */
export async function openReel(id) {
  const element = [...document.querySelectorAll("script.reel")].find((one) => one.dataset.reel === id);
  if (!element) throw new Error(`There is no episode ${id} in this replay.`);
  if (typeof DecompressionStream === "undefined")
    throw new Error("This browser is too old to unpack a replay: open it in one from 2023 or later.");
  const bytes = Uint8Array.from(atob(element.textContent.trim()), (letter) => letter.charCodeAt(0));
  const unzipped = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return unpack(await new Response(unzipped).arrayBuffer());
}

function unpack(buffer) {
  const size = new DataView(buffer).getUint32(0, true);
  const facts = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
  const columns = new Map();
  for (const [name, { type, shape, at, differences }] of Object.entries(facts.columns)) {
    const count = shape.reduce((product, n) => product * n, 1);
    const data = new ARRAYS[type](buffer, 4 + size + at, count);
    if (differences) addUp(data, shape[0]);
    columns.set(name, { data, shape });
  }
  return { facts, columns };
}

/** Turns differences along time, the last axis, into values, in place; the array's type wraps around as it did before. */
function addUp(data, steps) {
  for (let start = 0; start < data.length; start += steps) {
    for (let i = start + 1; i < start + steps; i++) data[i] += data[i - 1];
  }
}
