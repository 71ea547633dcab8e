// The websocket to the bot: reconnects with exponential back-off (0.5 to 5 s) and jitter, and queues acks meanwhile.

const FIRST = 500;
const LONGEST = 5000;
const SLOWEST_OPEN = 8000;
const MOST_QUEUED = 200;

export class Connection {
  /** `greet()` makes the first message of each connection; `message(item)` gets each object that the bot sends. */
  constructor(path, { greet, message }) {
    this.url = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`;
    this.on = { greet, message };
    this.queued = [];
    this.wait = FIRST;
    this.timer = 0;
    this.socket = null;
    addEventListener("online", () => this.reconnectNow());
    addEventListener("pageshow", (event) => event.persisted && this.reconnectNow());
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
      this.send(this.on.greet());
      this.queued.splice(0).forEach((ack) => this.send(ack));
    };
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = () => {
      clearTimeout(tooSlow);
      if (socket === this.socket) this.reconnectLater();
    };
  }

  receive(data) {
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

  reconnectLater() {
    const delay = Math.min(LONGEST, this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(LONGEST, this.wait * 2);
    this.timer = setTimeout(() => this.open(), delay);
  }

  /** The network is back: the pause is cut short. */
  reconnectNow() {
    if (this.socket === null || this.socket.readyState <= WebSocket.OPEN) return;
    this.wait = FIRST;
    this.open();
  }

  /** Sends now, or drops it. */
  send(message) {
    if (!this.ready) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Sends now, or after the next hello. */
  acknowledge(ack) {
    if (!this.send(ack)) this.queued = [...this.queued, ack].slice(-MOST_QUEUED);
  }
}
