// Art of cogs: modules that the page loads when they are shown, as effects and as widgets that stay.

import { AudioPlayer } from "./audio-player.js";
import { stayOf } from "./cards.js";
import { Cut } from "./effect-runner.js";
import { pause, until } from "./motion.js";
import { element, words } from "./text.js";

const AFTER_MS = 250;

/** What the module exports by that name. The address changes with the module, so a new version is loaded by itself. */
async function exported(address, name) {
  const module = await import(address);
  if (typeof module[name] !== "function") throw new TypeError(`it exports no function ${name}`);
  return module[name];
}

/** After so many seconds, and a moment for what takes exactly as long, it is too late. */
async function tooLate(seconds, signal) {
  await pause(seconds * 1000 + AFTER_MS, signal);
  throw new Error(`it did not end within ${seconds} s`);
}

/** Its own `play`, until it ends. One that returns no promise is over when its seconds are. */
function played(play, stage, { data, seconds, by }, signal) {
  const ended = play(stage, data, { by: words(by), seconds, signal });
  return typeof ended?.then === "function" ? ended : pause(seconds * 1000, signal);
}

/** A signal that aborts with the turn's, or when `end` is called. */
function linked(turn) {
  const control = new AbortController();
  turn.signal.addEventListener("abort", () => control.abort(turn.signal.reason), { once: true });
  return { signal: control.signal, end: () => control.abort(new Cut(null)) };
}

export function artEffect({ stream, sound }) {
  return async ({ module, data, by, audio, seconds: asked }, turn) => {
    const seconds = stayOf(asked);
    const stage = element("div", "stage");
    const { signal, end } = linked(turn);
    const player = audio ? new AudioPlayer(sound, audio) : null;
    const inTime = (promise) => until(Promise.race([promise, tooLate(seconds, signal)]), turn.signal);
    try {
      const play = await inTime(exported(module, "play"));
      await player?.begin(turn.signal);
      stream.append(stage);
      turn.started(seconds);
      await inTime(played(play, stage, { data, seconds, by }, signal));
      turn.finished();
    } catch (error) {
      if (error instanceof Cut) throw error;
      const detail = `${error?.message ?? error}`;
      throw new Cut("error", detail, detail);
    } finally {
      end();
      player?.release();
      stage.remove();
    }
  };
}

/** One widget: the newest state is shown, by the newest version of its module. */
class Shown {
  constructor(stream) {
    this.stage = element("div", "stage");
    this.module = null;
    this.busy = null;
    stream.prepend(this.stage);
  }

  set(item) {
    this.next = item;
    this.busy ??= this.work().finally(() => (this.busy = null));
  }

  async work() {
    while (this.next) {
      const { module, state, name } = this.next;
      this.next = null;
      try {
        const show = await exported(module, "show");
        if (module !== this.module) this.stage.replaceChildren();
        this.module = module;
        await show(this.stage, state);
      } catch (error) {
        console.warn(`The widget ${name} cannot be shown.`, error);
      }
    }
  }
}

export class Widgets {
  constructor(stream) {
    this.stream = stream;
    this.all = new Map();
  }

  /** The bot is there, perhaps anew: widgets that it no longer has leave. */
  keep(names) {
    if (!Array.isArray(names)) return;
    [...this.all.keys()].filter((name) => !names.includes(name)).forEach((name) => this.remove(name));
  }

  set(item) {
    const { name, state } = item;
    if (state === null || state === undefined) return this.remove(name);
    if (!this.all.has(name)) this.all.set(name, new Shown(this.stream));
    this.all.get(name).set(item);
  }

  remove(name) {
    const shown = this.all.get(name);
    if (!shown) return;
    shown.next = null;
    shown.stage.remove();
    this.all.delete(name);
  }
}
