// Time: play, pause, step, speed, and which episode.

import { byId } from "../page/dom.js";

const SURE = 3000; // milliseconds within which a second press forgets what was said
const FASTEST = 60;
const READABLE = 100; // milliseconds: numbers that change faster cannot be read

export class Clock {
  #frame = null;
  #send;
  #unsaved;
  #sure = -SURE;
  #written = 0;

  /** `unsaved()` counts the person's lines that going to another episode would forget. */
  constructor(send, unsaved) {
    this.#send = send;
    this.#unsaved = unsaved;
    byId("play").addEventListener("click", () => this.toggle());
    byId("step").addEventListener("click", () => this.step());
    byId("again").addEventListener("click", () => this.restart(byId("again"), this.#frame?.episode));
    byId("next").addEventListener("click", () => this.restart(byId("next")));
    byId("speed").addEventListener("input", () => this.#setSpeed(Number(byId("speed").value)));
    byId("episode").addEventListener("keydown", (event) => event.key === "Enter" && this.#goTo());
  }

  /** Shows where time stands. */
  show(frame) {
    const before = this.#frame;
    this.#frame = frame;
    if (!before || before.playing !== frame.playing) {
      document.body.classList.toggle("playing", frame.playing);
      byId("play-word").textContent = frame.playing ? "Pause" : "Play";
    }
    if (!before || before.speed !== frame.speed) this.#showSpeed(frame.speed);
    if (frame.playing && performance.now() - this.#written < READABLE) return;
    this.#written = performance.now();
    if (document.activeElement !== byId("episode")) byId("episode").value = frame.episode;
    byId("clock").textContent = `step ${frame.t} of ${frame.steps}${frame.over ? ", over" : ""}`;
    byId("next").classList.toggle("main", frame.over === true);
    byId("progress").value = frame.steps ? frame.t / frame.steps : 0;
  }

  toggle() {
    this.#send({ type: this.#frame?.playing ? "pause" : "play" });
  }

  step() {
    this.#send({ type: "step" });
  }

  /** A step faster or slower on a scale on which all steps look alike. */
  faster(by) {
    const speed = this.#frame?.speed ?? 8;
    const next = by > 0 ? Math.max(speed + 1, Math.round(speed * 1.4)) : Math.min(speed - 1, Math.round(speed / 1.4));
    this.#setSpeed(Math.min(FASTEST, Math.max(1, next)));
  }

  /** Begins an episode, by default the next one; asks once more where that forgets lines that are not saved. */
  restart(button, episode) {
    const lost = this.#unsaved();
    if (lost && performance.now() - this.#sure > SURE) return this.#ask(button, lost);
    this.#sure = -SURE;
    this.#send(episode === undefined ? { type: "restart" } : { type: "restart", episode });
  }

  #ask(button, lost) {
    const word = button.dataset.word ?? button.textContent;
    this.#sure = performance.now();
    button.dataset.word = word;
    button.textContent = lost === 1 ? "Forget 1 line?" : `Forget ${lost} lines?`;
    setTimeout(() => (button.textContent = word), SURE);
  }

  /** Goes to the episode that was typed. */
  #goTo() {
    const episode = Number(byId("episode").value);
    if (byId("episode").value !== "" && Number.isInteger(episode) && episode >= 0)
      this.restart(byId("episode-word"), episode);
  }

  #setSpeed(value) {
    this.#showSpeed(value);
    if (this.#frame) this.#frame = { ...this.#frame, speed: value };
    this.#send({ type: "speed", value });
  }

  #showSpeed(value) {
    if (document.activeElement !== byId("speed") || Number(byId("speed").value) !== value) byId("speed").value = value;
    byId("speed-word").textContent = value === 1 ? "1 step/s" : `${Math.round(value)} steps/s`;
  }
}
