// Time: plays an episode at so many steps a second.

export class Player {
  #tick;
  #asked = 0;
  #last = 0;
  #owed = 0;

  playing = false;
  speed = 8;

  /** `tick(steps)` goes on by that many steps and returns whether there are more. */
  constructor(tick) {
    this.#tick = tick;
  }

  play() {
    if (this.playing) return;
    this.playing = true;
    this.#owed = 1; // the first step at once
    this.#last = performance.now();
    this.#asked = requestAnimationFrame((now) => this.#on(now));
  }

  pause() {
    this.playing = false;
    cancelAnimationFrame(this.#asked);
  }

  #on(now) {
    if (!this.playing) return;
    this.#owed = Math.min(this.speed, this.#owed + ((now - this.#last) * this.speed) / 1000);
    this.#last = now;
    const steps = Math.floor(this.#owed);
    this.#owed -= steps;
    if (steps > 0 && !this.#tick(steps)) return this.pause();
    this.#asked = requestAnimationFrame((later) => this.#on(later));
  }
}
