// The connection to the server: it comes back by itself, and says how it is.

const FINAL = {
  4401: "This page has no token: open the address that commlab talk printed, with its token.",
  4403: "The server does not let this address in: open the address that commlab talk printed.",
};
const FULL = "The room is full: this page tries again until somebody leaves.";
const LOST = "The connection to commlab talk is lost; trying again …";
const FIRST_WAIT = 500; // milliseconds
const LONGEST_WAIT = 5000;

export class Link {
  #socket = null;
  #wait = FIRST_WAIT;

  /** `onMessage(text)` gets what comes, `onState(open, sentence)` how the connection is. */
  constructor(address, onMessage, onState) {
    this.address = address;
    this.onMessage = onMessage;
    this.onState = onState;
    this.#open();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Sends a message; returns whether it could. */
  send(message) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #open() {
    const socket = new WebSocket(this.address);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#wait = FIRST_WAIT;
      this.onState(true, "");
    });
    socket.addEventListener("message", (event) => this.onMessage(event.data));
    socket.addEventListener("close", (event) => this.#closed(event.code));
  }

  #closed(code) {
    this.onState(false, FINAL[code] ?? (code === 1013 ? FULL : LOST));
    if (code in FINAL) return;
    setTimeout(() => this.#open(), this.#wait);
    this.#wait = Math.min(LONGEST_WAIT, 1.6 * this.#wait);
  }
}

/** Where the server of this page listens. */
export const addressOf = ({ protocol, host }) => `${protocol === "https:" ? "wss" : "ws"}://${host}/ws`;
