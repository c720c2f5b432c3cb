// Draws a crowd in both worlds, frame by frame, and returns how many milliseconds each drawing took.
async ({ agents, size, frames }) => {
  const [{ Stage }, { makeScene }] = await Promise.all([import("/page/stage.js"), import("/page/scene.js")]);
  const [home, canvas] = [document.createElement("div"), document.createElement("canvas")];
  Object.assign(home.style, { position: "fixed", inset: "40px 400px 300px 0" });
  document.body.append(home);
  home.append(canvas);
  const times = [];
  const stage = new Stage(canvas, { timing: (milliseconds) => times.push(milliseconds) });
  const upTo = (n) => [...Array(n).keys()];
  const edge = (r, c) => Number(r === 0 || c === 0 || r === size - 1 || c === size - 1);
  const map = {
    height: size,
    width: size,
    grid: upTo(size).map((r) => upTo(size).map((c) => edge(r, c))),
    sites: [[3, 3]],
  };
  const known = upTo(agents).map((id) => ({ id, body: id % 2 ? "a" : "b", family: id % 4, view: 3 }));
  const kinship = known.map((a) => known.map((b) => Number(a.family === b.family)));
  stage.setScene(makeScene({ agents: known, cells: { 0: "empty", 1: "wall", 4: "crystal.green" } }, { map, kinship }));
  stage.setPick(0);
  const agent = (i, t, off) => ({
    row: 1 + ((3 * i + (i % 2 ? t : 0) + off) % (size - 2)),
    column: 1 + ((5 * i + (i % 2 ? 0 : t)) % (size - 2)),
    facing: (i + t) % 4,
    energy: (7 * i + t) % 100,
    max_energy: 100,
    carries: [i % 3, t % 2, 0, 0],
    frozen: i % 9 ? 0 : 1,
    shield: i % 7 === 0,
    said: [(i + t) % 8],
    said_text: "crystal in the north",
    certainty: 0.9,
    hears: [],
  });
  const thing = (id) => ({
    id,
    kind: "crystal.green",
    row: 2 + ((7 * id) % (size - 4)),
    column: 2 + ((3 * id) % (size - 4)),
    stock: id % 4,
  });
  const world = (t, off) => ({
    agents: known.map((_, i) => agent(i, t, off)),
    objects: upTo(20).map(thing),
    cells: [],
  });
  const differs = upTo(agents).filter((i) => i % 3 === 0);
  for (let t = 0; t < frames; t++) {
    const time = { episode: 0, t, steps: 512, playing: true, speed: 30 };
    stage.setFrame({
      ...time,
      live: world(t, 0),
      twin: world(t, 1),
      differs,
      objects_differ: [1],
      drift: { since: 0 },
    });
    await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
  }
  return times;
};
