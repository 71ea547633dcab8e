// The stream preview: a backdrop, the slot of the overlay, and alert cards that come one at a time.

import { backdrop, icon } from "./sandbox-pixels.js";
import { move } from "./sandbox-motion.js";

const KINDS = { follow: "New follower", sub: "Subscription", gift: "Gift subs", cheer: "Cheer", raid: "Raid", level: "Level up" };
const SPARKS = ["#8b5cf6", "#ffc857", "#2dd4bf", "#ff5d73", "#f4f1ff"];
const ENTER = { duration: 250, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" };
const LEAVE = { duration: 200, easing: "cubic-bezier(0.6, 0, 0.8, 0.4)", fill: "forwards" };
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Stage {
  constructor({ stage, scene, alerts, idle }) {
    Object.assign(this, { stage, alerts, idle });
    this.queue = [];
    this.showing = false;
    scene.append(backdrop());
    new ResizeObserver(() => stage.style.setProperty("--u", `${stage.clientWidth / 1920}px`)).observe(stage);
  }

  alert(kind, text) {
    if (!Object.prototype.hasOwnProperty.call(KINDS, kind)) return;
    this.queue.push({ kind, text });
    if (this.queue.length > 6) this.queue.splice(0, this.queue.length - 6);
    if (!this.showing) this.run();
  }

  async run() {
    this.showing = true;
    while (this.queue.length) {
      const { kind, text } = this.queue.shift();
      const card = this.card(kind, text);
      this.alerts.append(card);
      const down = [{ transform: "translateY(-24px)", opacity: 0 }, { transform: "none", opacity: 1 }];
      move(card, down, ENTER);
      if (kind !== "follow") this.sparkle();
      const hop = [{ transform: "none" }, { transform: "translateY(-8px)" }, { transform: "none" }];
      move(this.idle.querySelector("img"), hop, { duration: 300, easing: "steps(4)" });
      for (let left = 3600; left > 0; left -= 200) {
        await pause(200);
        if (this.queue.length && left < 2400) break;
      }
      const leaving = move(card, [...down].reverse(), LEAVE);
      if (leaving) await Promise.race([leaving.finished, pause(400)]);
      card.remove();
    }
    this.showing = false;
  }

  card(kind, text) {
    const card = document.createElement("div");
    card.className = `alert ${kind === "level" ? "level-up" : kind}`;
    const words = document.createElement("div");
    const label = document.createElement("span");
    label.className = "kind";
    label.textContent = KINDS[kind];
    const line = document.createElement("bdi");
    line.textContent = text;
    words.append(label, line);
    card.append(icon(kind), words);
    return card;
  }

  sparkle() {
    const reach = this.stage.clientWidth / 4;
    for (let i = 0; i < 16; i++) {
      const bit = document.createElement("i");
      bit.className = "spark";
      bit.style.background = SPARKS[i % SPARKS.length];
      const x = Math.cos((i / 16) * 2 * Math.PI) * reach * (0.7 + Math.random() * 0.6);
      const y = Math.sin((i / 16) * 2 * Math.PI) * reach * 0.5 + reach * 0.2;
      const flight = move(bit, [
        { transform: "translate(0, 0)", opacity: 1 },
        { transform: `translate(${x}px, ${y}px)`, opacity: 0 },
      ], { duration: 800, easing: "cubic-bezier(0.1, 0.7, 0.3, 1)" });
      if (!flight) return;
      this.alerts.prepend(bit);
      flight.onfinish = () => bit.remove();
      flight.oncancel = () => bit.remove();
    }
  }
}
