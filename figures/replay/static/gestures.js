// Hands on the stage: drag to move the map, wheel and pinch to zoom, a click to pick.

const CLICK = 5; // css pixels that a pointer may move in a click
const NOTCH = 1.25; // a notch of the wheel

/** Binds the gestures of a canvas to its stage; `pick(agent)` hears of clicks, null where they meet nobody. */
export function bindGestures(canvas, stage, pick) {
  const pointers = new Map();
  let moved = false;
  const touched = () => (canvas.style.touchAction = stage.zoomed ? "none" : "pan-y");
  const zoom = (factor, x, y) => {
    stage.zoom(factor, x, y);
    touched();
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    moved = pointers.size > 1;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
      const [was, is] = [before, now].map(([x, y]) => Math.hypot(x - other[0], y - other[1]));
      if (was > 8 && is > 8) zoom(is / was, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
      pointers.set(event.pointerId, now);
    } else if (moved || Math.hypot(now[0] - before[0], now[1] - before[1]) > CLICK) {
      moved = true;
      stage.pan(now[0] - before[0], now[1] - before[1]);
      pointers.set(event.pointerId, now);
    }
  });
  const ended = (event, click) => {
    if (!pointers.delete(event.pointerId)) return;
    if (click && !moved) pick(stage.agentAt(event.clientX, event.clientY));
  };
  canvas.addEventListener("pointerup", (event) => ended(event, true));
  canvas.addEventListener("pointercancel", (event) => ended(event, false));
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      zoom(event.deltaY < 0 ? NOTCH : 1 / NOTCH, event.clientX, event.clientY);
    },
    { passive: false },
  );
  touched();
}
