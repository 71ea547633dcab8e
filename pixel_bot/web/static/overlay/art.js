// Art of cogs: modules that the page loads when they are shown, as effects and as widgets that stay.

import { AudioPlayer } from "./audio-player.js";
import { stayOf } from "./cards.js";
import { Cut } from "./effect-runner.js";
import { pause, until } from "./motion.js";
import { element, words } from "./text.js";

const AFTER_MS = 250;

const loading = new Map();

/** The same promise for all who wait for a module, so that they go on in the order in which they came. */
function load(address) {
  if (!loading.has(address)) loading.set(address, import(address).catch((error) => failed(address, error)));
  return loading.get(address);
}

function failed(address, error) {
  loading.delete(address);
  throw error;
}

/** The module. Its address changes with the module, so a new version is loaded by itself. */
async function loaded(address, name) {
  const module = await load(address);
  if (typeof module[name] !== "function") throw new TypeError(`it exports no function ${name}`);
  return module;
}

/** After so many seconds, and a moment for what takes exactly as long, it is too late. */
async function tooLate(seconds, signal) {
  await pause(seconds * 1000 + AFTER_MS, signal);
  throw new Error(`it did not end within ${seconds} s`);
}

/** Its own `play`, until it ends. One that returns no promise is over when its seconds are. */
function played(module, stage, data, options) {
  const ended = module.play(stage, data, options);
  return typeof ended?.then === "function" ? ended : pause(options.seconds * 1000, options.signal);
}

/** How long `play` takes, as `prepare` said; never longer than it may. */
const lengthOf = (told, seconds) => (Number.isFinite(told) && told >= 0 ? Math.min(told, seconds) : seconds);

/** A signal that aborts with the turn's, or when `end` is called. */
function linked(turn) {
  const control = new AbortController();
  turn.signal.addEventListener("abort", () => control.abort(turn.signal.reason), { once: true });
  return { signal: control.signal, end: () => control.abort(new Cut(null)) };
}

export function artEffect({ stream, sound }) {
  return async ({ module: address, data, by, audio, seconds: asked }, turn) => {
    const seconds = stayOf(asked);
    const stage = element("div", "stage");
    const { signal, end } = linked(turn);
    const options = { by: words(by), seconds, signal, notes: (list) => sound.notes(list, signal) };
    const player = audio ? new AudioPlayer(sound, audio) : null;
    const inTime = (promise) => until(Promise.race([promise, tooLate(seconds, signal)]), turn.signal);
    const step = async (module, name) => module[name] && inTime(module[name](stage, data, options));
    try {
      const module = await inTime(loaded(address, "play"));
      stream.append(stage);
      const told = await step(module, "prepare");
      await player?.begin(turn.signal);
      turn.started(lengthOf(told, seconds));
      await inTime(played(module, stage, data, options));
      turn.finished();
      await step(module, "leave");
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
        const { show } = await loaded(module, "show");
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
