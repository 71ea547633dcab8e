// Plays one sound file; its audio element exists only meanwhile.

import { Cut } from "./effect-runner.js";
import { until } from "./motion.js";

const LOAD_MS = 8000;
const STALL_MS = 5000;

export class AudioPlayer {
  /** `path` is a file of the bot; `own` is its own volume, 0 to 1, beside the bot's. */
  constructor(sound, path, own = 1) {
    Object.assign(this, { sound, path, timer: 0 });
    this.own = Math.min(1, Math.max(0, Number(own) || 0));
    this.node = document.createElement("audio");
    this.node.preload = "auto";
  }

  /**
   * Returns the length in seconds, undefined where unknown, when the first sound is heard.
   * Throws a Cut: "blocked" where the browser allows no sound, "load" for a file that cannot be played.
   */
  async begin(signal) {
    const { node, sound } = this;
    const url = new URL(String(this.path), location.href);
    if (url.origin !== location.origin) throw new Cut("load", "a file from elsewhere");
    sound.add(node, this.own);
    document.body.append(node);
    this.over = this.watch();
    this.over.catch(() => undefined);
    const playing = new Promise((done) => node.addEventListener("playing", done, { once: true }));
    node.src = url.href;
    const allowed = node.play().catch((error) => this.refused(error));
    await until(Promise.race([allowed.then(() => playing), this.over]), signal);
    sound.found("on");
    return Number.isFinite(node.duration) ? node.duration : undefined;
  }

  refused(error) {
    if (error.name !== "NotAllowedError") throw new Cut("load", error.message);
    this.sound.found("blocked");
    throw new Cut("blocked");
  }

  /** Ends with the sound; throws a Cut when it never begins, breaks or stands still. */
  watch() {
    const { node } = this;
    return new Promise((done, fail) => {
      let position = 0;
      const expect = (ms, reason) => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => fail(new Cut(reason)), ms);
      };
      expect(LOAD_MS, "load");
      node.addEventListener("playing", () => expect(STALL_MS, "error"), { once: true });
      node.addEventListener("timeupdate", () => {
        if (node.currentTime <= position) return;
        position = node.currentTime;
        expect(STALL_MS, "error");
      });
      node.addEventListener("error", () => fail(new Cut(position ? "error" : "load")));
      node.addEventListener("ended", () => {
        clearTimeout(this.timer);
        done();
      });
    });
  }

  /** Ends when the sound was played to its end. */
  end(signal) {
    return until(this.over, signal);
  }

  release() {
    clearTimeout(this.timer);
    this.sound.drop(this.node);
    this.node.pause();
    this.node.remove();
  }
}
