// What of a world stays the same from frame to frame: its map, who the agents are, and how they are related.

import { familyColour } from "./palette.js";
import { Cell } from "./things.js";

/**
 * The scene of an episode. `hello` holds agents (body, family, view) and cells (code -> name), `episode` a map (height,
 * width, grid, sites) and a kinship matrix. Codes of things are looked up by name.
 */
export function makeScene(hello, episode) {
  const bodies = [...new Set(hello.agents.map((agent) => agent.body))];
  const groups = groupsOf(hello.agents, episode.kinship);
  const agents = hello.agents.map((agent) => ({ ...agent, shape: bodies.indexOf(agent.body) }));
  const codes = Object.fromEntries(Object.entries(hello.cells).map(([code, name]) => [name, Number(code)]));
  return {
    map: episode.map,
    agents,
    kinship: episode.kinship,
    codes,
    groups,
    colours: groups.map(familyColour),
    most: new Map(),
  };
}

/** A name's code, 0 where it has none. */
export const codeOf = (scene, name) => scene.codes[name] ?? 0;

/** What agent j is to agent i: self, kin or stranger; none where nobody is picked. */
export function relationOf(scene, i, j) {
  if (i === null || i === undefined) return "none";
  if (i === j) return "self";
  return (scene.kinship[i]?.[j] ?? 0) > 0 ? "kin" : "stranger";
}

/** Every agent's family, or where all are of one family, its kin group: who is equally related to all others. */
function groupsOf(agents, kinship) {
  const families = agents.map((agent) => agent.family);
  if (new Set(families).size > 1) return families;
  const alike = (i, j) => agents.every((_, k) => k === i || k === j || kinship[i]?.[k] === kinship[j]?.[k]);
  const related = (i, j) => (kinship[i]?.[j] ?? 0) > 0;
  const heads = [];
  return agents.map((_, i) => {
    const at = heads.findIndex((head) => related(i, head) && alike(i, head));
    return at >= 0 ? at : heads.push(i) - 1;
  });
}

/** Whether a wall goes around the whole map. */
export function isWalled({ grid, width, height }) {
  const isEdge = (row, column) => row === 0 || column === 0 || row === height - 1 || column === width - 1;
  return grid.every((cells, row) => cells.every((code, column) => !isEdge(row, column) || code === Cell.WALL));
}
