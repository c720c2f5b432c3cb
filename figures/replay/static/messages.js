// The messages of an episode in a row for each agent: runs of the same words, and a colour for each message.

import { oklch } from "../page/palette.js";

const LIGHTNESS = [0.83, 0.72, 0.78];
const GOLDEN = Math.PI * (3 - Math.sqrt(5)); // between hues that follow each other
const FIRST_HUE = 4.36; // blue
const COLOURFUL = 24; // messages; those that are said more seldom are paler

/** Runs of each agent's messages: first and last step, the symbols, and their colour. Silence that means nothing is none. */
export function runsOf(episode) {
  const counts = new Map();
  const runs = episode.agents.map((_, i) => {
    const found = [];
    for (let t = 0; t < episode.steps; t++) {
      const symbols = episode.said(t, i);
      const silent = !symbols.some(Boolean);
      if (!symbols.length || (silent && episode.meaning(symbols, i).text === null)) continue;
      const key = symbols.join(" ");
      counts.set(key, (counts.get(key) ?? 0) + 1);
      const last = found.at(-1);
      if (last && last.key === key && last.last === t - 1) last.last = t;
      else found.push({ first: t, last: t, key, symbols, silent });
    }
    return found;
  });
  const order = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([key]) => key);
  const colours = new Map(order.map((key, rank) => [key, colourOf(rank)]));
  for (const run of runs.flat()) run.colour = run.silent ? null : colours.get(run.key);
  return runs;
}

/** The colour of the message that is said so often: light enough for dark letters. */
const colourOf = (rank) =>
  oklch(LIGHTNESS[rank % LIGHTNESS.length], rank < COLOURFUL ? 0.12 : 0.06, FIRST_HUE + rank * GOLDEN);
