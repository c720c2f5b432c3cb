// What the server may send: every message is checked before the page looks at it.

const is = {
  text: (value) => typeof value === "string",
  number: (value) => typeof value === "number" && Number.isFinite(value),
  whole: Number.isInteger,
  yes: (value) => typeof value === "boolean",
  id: (value) => Number.isInteger(value) && value >= 0,
};
const maybe = (test) => (value) => value === null || value === undefined || test(value);
const listOf = (test) => (value) => Array.isArray(value) && value.every(test);
const record = (fields) => (value) =>
  typeof value === "object" && value !== null && Object.entries(fields).every(([name, test]) => test(value[name]));
const cell = (value) => Array.isArray(value) && value.length >= 2 && value.every(is.whole);

const slot = record({
  symbols: listOf(is.id),
  text: maybe(is.text),
  certainty: maybe(is.number),
  speaker: maybe(is.id),
  kinship: maybe(is.number),
});
const agent = record({
  row: is.number,
  column: is.number,
  facing: is.id,
  energy: is.number,
  max_energy: is.number,
  carries: listOf(is.number),
  frozen: is.number,
  action: maybe(is.text),
  said: listOf(is.id),
  said_text: maybe(is.text),
  certainty: maybe(is.number),
  reward: is.number,
  total: is.number,
  hears: listOf(slot),
});
const object = record({ kind: is.text, row: is.number, column: is.number, stock: is.number });
const world = record({ agents: listOf(agent), objects: listOf(object), cells: maybe(listOf(cell)) });

const SHAPES = {
  hello: record({
    run: is.text,
    scenario: is.text,
    agents: listOf(record({ id: is.id, name: is.text, body: is.text, family: is.id, view: is.number })),
    families: is.id,
    cells: record({}),
    vocabulary: is.id,
    length: is.id,
    phrasebook: listOf(
      record({ symbols: listOf(is.id), phrase: maybe(is.text), certainty: maybe(is.number), sentence: maybe(is.text) }),
    ),
    phrasebook_note: maybe(is.text),
    talks: maybe(listOf(is.text)),
  }),
  episode: (value) =>
    record({
      episode: is.whole,
      map: record({ height: is.id, width: is.id, grid: listOf(listOf(is.whole)), sites: maybe(listOf(cell)) }),
      kinship: listOf(listOf(is.number)),
    })(value) &&
    value.map.grid.length === value.map.height &&
    value.map.grid.every((row) => row.length === value.map.width),
  frame: (value) =>
    record({
      episode: is.whole,
      t: is.id,
      steps: is.id,
      playing: is.yes,
      speed: is.number,
      live: world,
      twin: world,
      differs: listOf(is.id),
      objects_differ: maybe(listOf(is.id)),
      drift: maybe(record({ since: maybe(is.id) })),
    })(value) &&
    value.live.agents.length === value.twin.agents.length &&
    value.differs.every((id) => id < value.live.agents.length),
  focus: record({
    agent: maybe(is.id),
    window: maybe(listOf(listOf(is.whole))),
    hears: maybe(listOf(slot)),
    probes: maybe(listOf(record({ target: is.text, certainty: maybe(is.number), chance: maybe(is.number) }))),
    intends: maybe(listOf(record({ action: is.text, probability: is.number }))),
    says: maybe(listOf(record({ symbols: listOf(is.id), probability: is.number }))),
  }),
  lines: record({ lines: listOf(record({ n: is.id, t: is.number, kind: is.text, sentence: maybe(is.text) })) }),
  experiment: record({
    line: is.id,
    state: is.text,
    sentence: maybe(is.text),
    interval: maybe(listOf(is.number)),
    done: maybe(is.number),
  }),
  saved: record({ name: is.text }),
  replayed: record({ sentence: is.text }),
  error: record({ sentence: is.text }),
};

/** A message as an object: null where its type is new to this page; throws a sentence where it cannot be read. */
export function readMessage(text) {
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    throw new Error("The server sent something that is not JSON; it is ignored.");
  }
  if (typeof message !== "object" || message === null || !is.text(message.type)) {
    throw new Error("The server sent a message without a type; it is ignored.");
  }
  if (!Object.hasOwn(SHAPES, message.type)) return null;
  if (!SHAPES[message.type](message))
    throw new Error(`The server sent a message "${message.type}" that this page cannot read; it is ignored.`);
  return message;
}
