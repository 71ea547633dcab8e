// A chat log as a show: the file goes to the bot as it is, progress comes back over the websocket.

import { icon } from "../pixels.js";
import { number } from "../motion.js";

export class Replay {
  constructor({ form, file, go, speed, bar }, toast) {
    Object.assign(this, { go, bar, toast });
    this.timer = 0;
    this.label = document.createElement("span");
    go.append(icon("replay"), this.label);
    this.busy(false);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      file.click();
    });
    file.addEventListener("change", () => {
      const log = file.files[0];
      if (log) this.start(log, speed.value);
      file.value = "";
    });
  }

  /** The button itself tells how far it is. */
  busy(on, text = "Replay a chat log") {
    this.go.disabled = on;
    this.label.textContent = text;
    this.label.classList.toggle("num", on);
  }

  async start(log, speed) {
    clearTimeout(this.timer);
    this.busy(true, "Reading\u2026");
    try {
      const answer = await fetch(`/sandbox/replay?speed=${encodeURIComponent(speed)}`, {
        method: "POST",
        headers: { "Content-Type": "text/csv" },
        body: log,
      });
      if (answer.ok) return;
      const plain = (answer.headers.get("content-type") || "").startsWith("text/plain");
      const reason = plain ? (await answer.text()).trim().slice(0, 200) : "";
      this.toast(reason || "That file could not be replayed. It needs the columns second,user,text.");
    } catch {
      this.toast("The file did not reach the bot. Is it still running?");
    }
    this.rest();
  }

  /** A `replay` message: {sent, total, done, note}. */
  update({ sent, total, done, note }) {
    this.bar.classList.add("on");
    this.bar.style.transform = `scaleX(${total ? Math.min(1, sent / total) : 0})`;
    this.busy(true, `${number(sent)} / ${number(total)}`);
    clearTimeout(this.timer);
    if (note) this.toast(note);
    if (done) this.timer = setTimeout(() => this.rest(), 1500);
  }

  rest() {
    this.busy(false);
    this.bar.classList.remove("on");
    this.timer = setTimeout(() => (this.bar.style.transform = "scaleX(0)"), 300);
  }
}
