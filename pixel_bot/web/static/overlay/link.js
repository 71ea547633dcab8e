// The websocket to the bot. It comes back by itself: 0.5 s, doubling to 5 s, with jitter. Acks wait while it is away.

const FIRST = 500;
const LONGEST = 5000;
const SLOWEST_OPEN = 8000;
const MOST_KEPT = 200;

export class Link {
  /** `greet()` makes the first message of each connection; `message(item)` hears each object that the bot sends. */
  constructor(path, { greet, message }) {
    this.url = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`;
    this.on = { greet, message };
    this.kept = [];
    this.wait = FIRST;
    this.timer = 0;
    this.socket = null;
    addEventListener("online", () => this.hurry());
    addEventListener("pageshow", (event) => event.persisted && this.hurry());
  }

  get ready() {
    return this.socket !== null && this.socket.readyState === WebSocket.OPEN;
  }

  open() {
    clearTimeout(this.timer);
    const socket = new WebSocket(this.url);
    this.socket = socket;
    const tooSlow = setTimeout(() => socket.close(), SLOWEST_OPEN);
    socket.onopen = () => {
      clearTimeout(tooSlow);
      this.say(this.on.greet());
      this.kept.splice(0).forEach((ack) => this.say(ack));
    };
    socket.onmessage = (event) => this.hear(event.data);
    socket.onclose = () => {
      clearTimeout(tooSlow);
      if (socket === this.socket) this.later();
    };
  }

  hear(data) {
    let item;
    try {
      item = JSON.parse(data);
    } catch {
      return;
    }
    if (item === null || typeof item !== "object") return;
    if (item.type === "hello") this.wait = FIRST;
    this.on.message(item);
  }

  later() {
    const delay = Math.min(LONGEST, this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(LONGEST, this.wait * 2);
    this.timer = setTimeout(() => this.open(), delay);
  }

  /** The network is back: no reason to sit out the wait. */
  hurry() {
    if (this.socket === null || this.socket.readyState <= WebSocket.OPEN) return;
    this.wait = FIRST;
    this.open();
  }

  /** Sends now or never. */
  say(message) {
    if (!this.ready) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Sends now, or after the next greeting. */
  tell(ack) {
    if (!this.say(ack)) this.kept = [...this.kept, ack].slice(-MOST_KEPT);
  }
}
