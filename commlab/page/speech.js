// What is said in a world: the agents' bubbles, and those of phantoms, who stand nowhere.

import { FONT, drawBubble, measure, percent, placeBubbles, shortened, symbolText } from "./bubbles.js";
import { drawGhost } from "./figures.js";
import { drawSpeakerDot } from "./marks.js";
import { WHITE } from "./palette.js";
import { Pen } from "./pen.js";

const WORDY = 6; // speakers who are translated on the map; of more, only those who are picked or speak for a person
const ROOMY = 30; // css pixels: in smaller cells, too, only these are translated
const LEAST = 12; // css pixels: in smaller cells only these have bubbles, and all others dots

/** Draws what is said in a world: arguments of drawBoard, and `centre`, which turns [row, column] into [x, y]. */
export function drawSpeech(context, world, area, view, look, centre) {
  const { cell, unit, theme, scene } = view;
  const first = (i) => (i === look.pick || world.agents[i].by_person ? 0 : look.saysOther(i) ? 1 : 2);
  const speakers = world.agents.map((_, i) => i).filter((i) => isSpeech(world.agents[i]) && !look.unseen?.has(i));
  speakers.sort((a, b) => first(a) - first(b) || a - b);
  const roomy = speakers.length <= WORDY && cell >= ROOMY * unit;
  const speeches = speakers.map((i) =>
    speechOf(context, world.agents[i], i, centre(look.at(i)), unit, roomy || first(i) === 0),
  );
  const seen = speeches.filter(({ x, y }) => within([x, y], area, 0));
  const things = [
    ...world.objects.map(({ row, column }) => centre([row, column])),
    ...world.agents.map((_, i) => centre(look.at(i))),
  ];
  const worthy = seen.filter(({ i }) => cell >= LEAST * unit || first(i) === 0);
  const boxes = new Map(placeBubbles(worthy, cell, area, things).map((box, n) => [worthy[n].i, box]));
  for (const speech of seen) {
    const box = boxes.get(speech.i);
    if (!box) drawSpeakerDot(context, speech.x, speech.y, cell, unit, scene.colours[speech.i]);
  }
  for (const speech of worthy) {
    const box = boxes.get(speech.i);
    if (!box) continue;
    const differs = look.saysOther(speech.i);
    const edge = differs ? theme.differ : world.agents[speech.i].by_person ? theme.ghostPlate : null;
    drawBubble(context, box, speech.size, speech, unit, {
      theme,
      colour: scene.colours[speech.i],
      edge,
      dashed: differs,
    });
  }
}

function speechOf(context, agent, i, [x, y], unit, wordy) {
  const said = { symbols: agent.said, text: agent.said_text, certainty: agent.certainty };
  return { i, x, y, size: measure(context, said, unit, wordy) };
}

/** Whether an agent said something: silence counts where it is a word. */
const isSpeech = ({ said, said_text: text }) =>
  said.some((symbol) => symbol) || (said.length > 0 && typeof text === "string");

/** Writes what phantoms say above a world, for they stand nowhere: at the right end of the strip above `area`. */
export function drawPhantoms(context, phantoms, area, unit, theme) {
  if (!phantoms.length) return;
  const [height, icon, size] = [22 * unit, 24 * unit, 12 * unit];
  context.font = `600 ${size}px ${FONT}`;
  const text = fitting(context, phantoms, area[2] - area[0] - icon - 60 * unit);
  const width = context.measureText(text).width + icon + 9 * unit;
  const [left, top] = [area[2] - width - unit, area[1] - height - 4 * unit];
  context.fillStyle = theme.ghostPlate;
  context.beginPath();
  context.roundRect(left, top, width, height, height / 2);
  context.fill();
  context.save();
  context.translate(left + 14 * unit, top + height / 2);
  context.scale(icon, icon);
  drawGhost(new Pen(context), [0, 0], 0.62, WHITE, theme.ghostPlate);
  context.restore();
  context.fillStyle = WHITE;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, left + icon, top + height / 2 + 0.5 * unit);
}

/** What phantoms say, as much of it as has room: without the certainty, or cut, where it has not. */
function fitting(context, phantoms, room) {
  const said = (parts) => phantoms.map((slot) => parts(slot).filter(Boolean).join("  ")).join("  ·  ");
  const whole = said(({ symbols, text, certainty }) => [symbolText(symbols), text, percent(certainty)]);
  if (context.measureText(whole).width <= room) return whole;
  const less = said(({ symbols, text }) => [symbolText(symbols), text]);
  const width = context.measureText(less).width;
  return width <= room ? less : shortened(less, Math.max(4, Math.floor((less.length * room) / width)));
}

/** Whether a point lies in an area ([left, top, right, bottom]) or at most `reach` outside of it. */
export const within = ([x, y], area, reach) =>
  x > area[0] - reach && x < area[2] + reach && y > area[1] - reach && y < area[3] + reach;
