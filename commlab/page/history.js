// Where agents were in the last frames, in both worlds: from it motion is smoothed and trails are drawn.

const KEPT = 14; // frames

export class History {
  #frames = [];

  clear() {
    this.#frames = [];
  }

  /** Remembers a frame; one that does not follow the last of the same episode begins anew. */
  add(frame) {
    const last = this.#frames.at(-1);
    const follows = last && last.episode === frame.episode && (frame.t === last.t || frame.t === last.t + 1);
    if (!follows) this.#frames = [];
    if (last && follows && last.t === frame.t) this.#frames.pop();
    this.#frames.push({
      episode: frame.episode,
      t: frame.t,
      live: places(frame.live),
      twin: places(frame.twin ?? frame.live),
    });
    if (this.#frames.length > KEPT) this.#frames.shift();
  }

  /** Remembers frames that came before the next one, the oldest first. */
  recall(frames) {
    this.clear();
    for (const frame of frames.slice(-KEPT)) this.add(frame);
  }

  /** Where agent i stood in a world ("live" or "twin") one step before, or where it stands. */
  before(world, i) {
    const frame = this.#frames.at(-2) ?? this.#frames.at(-1);
    return frame?.[world][i];
  }

  /** The cells through which agent i came in a world since step `first`, the oldest first. */
  trail(world, i, first) {
    const points = this.#frames.filter((frame) => frame.t >= first).map((frame) => frame[world][i]);
    return points.filter((point, n) => n === 0 || point[0] !== points[n - 1][0] || point[1] !== points[n - 1][1]);
  }
}

const places = (world) => world.agents.map(({ row, column }) => [row, column]);
