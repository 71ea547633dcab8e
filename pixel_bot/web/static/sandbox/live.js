// One websocket that comes back by itself: 0.5 s, doubling to 10 s, with jitter.

const FIRST = 500;
const LONGEST = 10000;

export class Live {
  constructor(path, { message, up, down }) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.url = `${scheme}//${location.host}${path}`;
    this.on = { message, up, down };
    this.wait = FIRST;
    this.timer = 0;
    this.socket = null;
    addEventListener("online", () => this.hurry());
    addEventListener("pageshow", (event) => event.persisted && this.hurry());
    this.open();
  }

  get ready() {
    return this.socket !== null && this.socket.readyState === WebSocket.OPEN;
  }

  open() {
    clearTimeout(this.timer);
    const socket = new WebSocket(this.url);
    this.socket = socket;
    const tooSlow = setTimeout(() => socket.close(), 8000);
    socket.onopen = () => {
      clearTimeout(tooSlow);
      socket.send('{"do":"hello"}');
    };
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      let message;
      try {
        message = JSON.parse(event.data);
      } catch {
        return;
      }
      if (message === null || typeof message !== "object") return;
      if (message.type === "hello") {
        this.wait = FIRST;
        this.on.up();
      }
      this.on.message(message);
    };
    socket.onclose = () => {
      clearTimeout(tooSlow);
      if (socket !== this.socket) return;
      const delay = Math.min(LONGEST, this.wait * (0.75 + Math.random() / 2));
      this.wait = Math.min(LONGEST, this.wait * 2);
      this.timer = setTimeout(() => this.open(), delay);
      this.on.down();
    };
  }

  /** The network is back: no reason to sit out the wait. */
  hurry() {
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    this.wait = FIRST;
    this.open();
  }

  send(message) {
    if (!this.ready) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }
}
