// One world on a part of a canvas: ground, things, agents, marks and speech.

import { BAR, drawBar, drawBeads, drawFigure, drawGhost } from "./figures.js";
import {
  drawBadge,
  drawBond,
  drawDiffers,
  drawElsewhere,
  drawFog,
  drawGain,
  drawHearing,
  drawPick,
  drawStrike,
  drawThread,
  drawTrail,
  drawView,
} from "./marks.js";
import { BOND } from "./palette.js";
import { codeOf } from "./scene.js";
import { drawSpeech, within } from "./speech.js";
import { LEVELS, drawThing } from "./things.js";

const BAR_CELL = 14; // css pixels: smaller cells have no room for energy bars
const BADGE_CELL = 22; // and none for numbers, but for the one that is picked

/**
 * Draws `world` (agents, objects) into `area` ([left, top, right, bottom] in device pixels).
 *
 * `view` holds what stays: scene (see makeScene), sprites, ground, cell, unit (device pixels in a css pixel) and theme.
 * `look` holds what changes: camera ([x, y] of the map's corner), pick, and by agent at (-> [row, column] as shown),
 * elsewhere (-> the same in the other world, or null), relation (-> kin, stranger, self, none) and saysOther; the Sets
 * differs and objectsDiffer; marked (whose way is drawn, and its place in the other world) and trails. Where they are
 * given: fog (row, column and window of cell codes: what is seen, all else being veiled), unseen (a Set of agents that
 * are not drawn) and links (from, to: agents; arrived, colour).
 */
export function drawBoard(context, world, area, view, look) {
  context.save();
  context.beginPath();
  context.roundRect(area[0], area[1], area[2] - area[0], area[3] - area[1], 8 * view.unit);
  context.clip();
  const centre = centres(view, look);
  view.ground.draw(context, look.camera, area);
  if (look.fog) drawFog(context, area, view, look.fog, look.camera);
  else drawPickedView(context, area, view, look, centre);
  drawThings(context, world, area, view, look);
  drawDifferences(context, world, view, look, centre);
  drawAgents(context, world, area, view, look, centre);
  for (const link of look.links ?? []) drawLink(context, link, view, look, centre);
  drawSpeech(context, world, area, view, look, centre);
  context.restore();
}

const centres =
  ({ cell }, { camera }) =>
  ([row, column]) => [camera[0] + (column + 0.5) * cell, camera[1] + (row + 0.5) * cell];

/** Draws a message's way from who says it to who hears it. */
function drawLink(context, { from, to, arrived, colour }, { cell, unit, theme }, look, centre) {
  const hidden = (i) => look.unseen?.has(i) ?? false;
  if (hidden(from) || hidden(to)) return;
  drawThread(context, centre(look.at(from)), centre(look.at(to)), { cell, unit, theme, arrived, colour });
}

/** Draws what the picked agent sees and how far it hears. */
function drawPickedView(context, area, view, look, centre) {
  const agent = view.scene.agents[look.pick];
  if (!agent) return;
  const [x, y] = centre(look.at(look.pick));
  const colour = view.scene.colours[look.pick];
  if (agent.view > 0) drawView(context, x, y, (agent.view + 0.5) * view.cell, area, view.unit, colour, view.theme);
  if (agent.hearing > 0) drawHearing(context, x, y, (agent.hearing + 0.5) * view.cell, view.unit, colour, view.theme);
}

function drawThings(context, world, area, view, look) {
  const centre = centres(view, look);
  world.objects.forEach((object, id) => {
    const [x, y] = centre([object.row, object.column]);
    if (!within([x, y], area, view.cell)) return;
    const thing = thingLook(object, view.scene);
    view.sprites.put(context, `o${Object.values(thing)}`, x, y, (pen) => drawThing(pen, thing));
    if (look.objectsDiffer.has(object.id ?? id)) drawDiffers(context, x, y, view.cell, view.unit, view.theme, 0.5);
  });
}

/** What an object looks like; a crystal's full height is that of the most it had in this scene. */
function thingLook({ id, kind, stock, ready, link }, scene) {
  const most = Math.max(scene.most.get(id) ?? 1, stock);
  scene.most.set(id, most);
  const level = stock > 0 ? Math.max(1, Math.round((LEVELS * stock) / most)) : 0;
  return { kind: codeOf(scene, kind), level, ready: ready !== false, link: link ?? 0 };
}

function drawDifferences(context, world, view, look, centre) {
  for (const [i, points] of look.trails) {
    drawTrail(
      context,
      points.map(centre),
      i === look.pick ? view.theme.focus : view.theme.differ,
      view.cell,
      view.unit,
    );
  }
  for (const i of look.marked) {
    const other = look.elsewhere(i);
    if (other && world.agents[i])
      drawElsewhere(context, centre(look.at(i)), centre(other), view.cell, view.unit, view.theme);
  }
}

function drawAgents(context, world, area, view, look, centre) {
  const { cell, unit, theme, sprites, scene } = view;
  world.agents.forEach((agent, i) => {
    if (typeof agent.partner !== "number" || agent.partner < i || !world.agents[agent.partner]) return;
    if (look.unseen?.has(i) || look.unseen?.has(agent.partner)) return;
    drawBond(context, centre(look.at(i)), centre(look.at(agent.partner)), cell, unit, BOND);
  });
  const order = world.agents.map((agent, i) => i).sort((a, b) => look.at(a)[0] - look.at(b)[0]);
  for (const i of order) {
    const agent = world.agents[i];
    const [x, y] = centre(look.at(i));
    if (!within([x, y], area, cell) || look.unseen?.has(i)) continue;
    if (agent.strikes) drawStrike(context, [x, y], centre(agent.strikes), cell, unit);
    const figure = {
      colour: scene.colours[i],
      body: scene.agents[i].shape,
      facing: agent.facing,
      frozen: agent.frozen > 0,
      shield: agent.shield,
      dark: theme.dark,
    };
    const key = `a${figure.colour},${figure.body},${figure.facing},${figure.frozen},${figure.shield}`;
    sprites.put(context, key, x, y, (pen) => drawFigure(pen, figure));
    if (agent.carries.some((units) => units > 0)) {
      sprites.put(context, `c${agent.carries}`, x, y, (pen) => drawBeads(pen, agent.carries));
    }
    if (agent.max_energy > 0 && cell >= BAR_CELL * unit) {
      const level = Math.min(BAR, Math.ceil((BAR * agent.energy) / agent.max_energy));
      sprites.put(context, `e${level}`, x, y, (pen) => drawBar(pen, level));
    }
    if (look.differs.has(i)) drawDiffers(context, x, y, cell, unit, theme);
    if (i === look.pick) drawPick(context, x, y, cell, unit, theme);
    if (cell >= BADGE_CELL * unit || i === look.pick)
      drawBadge(context, i, look.relation(i), scene.colours[i], x, y, cell, unit, theme);
    if (agent.gain && cell >= BAR_CELL * unit) drawGain(context, agent.gain, x, y, cell, unit, theme);
    if (agent.hears.some((slot) => slot.injected)) {
      sprites.put(context, `g${theme.dark}`, x, y, (pen) =>
        drawGhost(pen, [0.48, -0.44], 0.5, theme.ghostPlate, "#ffffff"),
      );
    }
  }
}
