// Effect runner, idempotent by id: a finished effect is never played again, a running one is never started twice.

/**
 * Ends an effect: `reason` ("blocked", "load", "hidden" or "error") is reported to the bot, null means that the bot asked
 * for it. `detail` says of a cog's own art what went wrong.
 */
export class Cut extends Error {
  constructor(reason, message = reason || "stopped", detail = undefined) {
    super(message);
    this.reason = reason;
    this.detail = detail;
  }
}

/** One running effect. Its signal aborts when the effect has to leave at once. */
class Run {
  constructor(id, tell, remember) {
    Object.assign(this, { id, tell, remember, begun: null, done: false });
    this.control = new AbortController();
    this.signal = this.control.signal;
  }

  /** It really began. `seconds` is its whole length, undefined where unknown. */
  started(seconds) {
    this.begun = { do: "ack", id: this.id, state: "started", seconds };
    this.tell(this.begun);
  }

  /** It has really happened; what follows is only its way off the screen. */
  finished() {
    this.done = true;
    this.remember(this.id);
    this.tell({ do: "ack", id: this.id, state: "finished" });
  }

  failed(reason, detail) {
    if (this.done) return;
    this.done = true;
    this.tell({ do: "ack", id: this.id, state: "failed", reason, detail });
  }
}

export class EffectRunner {
  /**
   * `effects` maps a kind to `async (item, run) => ...`, which ends when nothing of it is left on the screen.
   * `memory` knows what was finished; `tell(ack)` sends to the bot.
   */
  constructor({ effects, memory, tell }) {
    Object.assign(this, { effects, memory, tell });
    this.active = new Map();
  }

  play(item, visible) {
    const { id, what } = item;
    if (typeof id !== "string" || !id) return;
    if (this.memory.has(id)) return this.tell({ do: "ack", id, state: "finished" });
    const run = this.active.get(id);
    if (run) return run.begun && this.tell(run.begun);
    if (!visible) return this.tell({ do: "ack", id, state: "failed", reason: "hidden" });
    if (!Object.hasOwn(this.effects, what)) return this.tell({ do: "ack", id, state: "failed", reason: "error" });
    this.run(item, new Run(id, this.tell, (done) => this.memory.add(done)));
  }

  async run(item, run) {
    this.active.set(run.id, run);
    try {
      await this.effects[item.what](item, run);
    } catch (error) {
      if (!(error instanceof Cut)) console.error(error);
      const reason = error instanceof Cut ? error.reason : "error";
      if (reason !== null) run.failed(reason, error instanceof Cut ? error.detail : undefined);
    } finally {
      if (this.active.get(run.id) === run) this.active.delete(run.id);
    }
  }

  /** Remove it at once, without an acknowledgement. */
  stop(id) {
    const run = this.active.get(id);
    this.active.delete(id);
    run?.control.abort(new Cut(null));
  }

  stopAll() {
    [...this.active.keys()].forEach((id) => this.stop(id));
  }

  /** Everything leaves at once; what had not happened yet failed. */
  fail(reason) {
    for (const run of [...this.active.values()]) {
      this.active.delete(run.id);
      run.failed(reason);
      run.control.abort(new Cut(reason));
    }
  }
}
