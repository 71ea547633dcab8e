// The stream preview: a backdrop, the real overlay in a frame over it, its sound, and what the overlay does not show.

import { backdrop, icon } from "../pixels.js";
import { move } from "../motion.js";

const STORE = "pixel-sandbox-played";
const ENTER = { duration: 250, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" };
const LEAVE = { duration: 200, easing: "cubic-bezier(0.6, 0, 0.8, 0.4)", fill: "forwards" };
const STAY_MS = 3600;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Stage {
  constructor({ stage, scene, frame, idle, levels, unmute }) {
    Object.assign(this, { stage, frame, idle, levels, unmute });
    this.overlay = null;
    this.queue = [];
    this.showing = false;
    this.played = false;
    try {
      this.played = sessionStorage.getItem(STORE) !== null;
    } catch { /* no storage: the plate shows once more */ }
    scene.append(backdrop());
    unmute.prepend(icon("speaker"));
    new ResizeObserver(() => stage.style.setProperty("--u", `${stage.clientWidth / 1920}px`)).observe(stage);
    this.listen();
    this.rest(false);
  }

  /** The overlay says whether it may be heard; the first touch of the page lets it. */
  listen() {
    addEventListener("message", ({ source, origin, data }) => {
      if (origin !== location.origin || source !== this.overlay?.contentWindow || data?.pixel !== "sound") return;
      this.unmute.hidden = data.state !== "blocked";
    });
    const unlock = () => this.unmute.hidden || this.unlock();
    for (const kind of ["pointerdown", "pointerup", "keydown"]) addEventListener(kind, unlock, true);
    this.unmute.addEventListener("click", () => this.unlock());
  }

  unlock() {
    this.overlay?.contentWindow.postMessage({ pixel: "unlock" }, location.origin);
  }

  /** Puts the overlay at that address into the frame. It comes back by itself when the bot was away. */
  open(address) {
    if (this.overlay?.getAttribute("src") === address) return;
    this.overlay?.remove();
    this.overlay = document.createElement("iframe");
    this.overlay.title = "Overlay";
    this.overlay.allow = "autoplay";
    this.overlay.tabIndex = -1;
    this.overlay.src = address;
    this.frame.append(this.overlay);
  }

  /** What the queue tells: whether something plays now, and whether OBS is where it plays. */
  update({ playing, obs }) {
    if (playing && !this.played) {
      this.played = true;
      try {
        sessionStorage.setItem(STORE, "1");
      } catch { /* fine without */ }
    }
    this.rest(obs);
  }

  rest(obs) {
    const on = obs || !this.played;
    this.idle.classList.toggle("in-obs", obs);
    this.idle.classList.toggle("off", !on);
    this.idle.inert = !on;
  }

  levelUp(text) {
    this.queue = [...this.queue, text].slice(-4);
    if (!this.showing) this.run();
  }

  async run() {
    this.showing = true;
    while (this.queue.length) {
      const card = document.createElement("div");
      const words = document.createElement("bdi");
      card.className = "level-up";
      words.textContent = this.queue.shift();
      card.append(icon("level"), words);
      this.levels.append(card);
      const up = [{ transform: "translateX(-24px)", opacity: 0 }, { transform: "none", opacity: 1 }];
      move(card, up, ENTER);
      await pause(STAY_MS);
      const leaving = move(card, [...up].reverse(), LEAVE);
      if (leaving) await Promise.race([leaving.finished, pause(400)]);
      card.remove();
    }
    this.showing = false;
  }
}
