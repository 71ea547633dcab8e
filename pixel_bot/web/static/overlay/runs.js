// Each effect happens exactly once: what is finished is never played again, what runs is never started twice.

/**
 * Ends an effect: `reason` ("blocked", "load", "hidden" or "error") is told to the bot, null means that the bot asked
 * for it.
 */
export class Cut extends Error {
  constructor(reason, message = reason || "stopped") {
    super(message);
    this.reason = reason;
  }
}

/** One effect at work. Its signal aborts when the effect has to leave at once. */
class Turn {
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

  failed(reason) {
    if (this.done) return;
    this.done = true;
    this.tell({ do: "ack", id: this.id, state: "failed", reason });
  }
}

export class Runs {
  /**
   * `effects` maps a kind to `async (item, turn) => ...`, which ends when nothing of it is left on the screen.
   * `memory` knows what was finished; `tell(ack)` reaches the bot.
   */
  constructor({ effects, memory, tell }) {
    Object.assign(this, { effects, memory, tell });
    this.turns = new Map();
  }

  play(item, visible) {
    const { id, what } = item;
    if (typeof id !== "string" || !id) return;
    if (this.memory.has(id)) return this.tell({ do: "ack", id, state: "finished" });
    const turn = this.turns.get(id);
    if (turn) return turn.begun && this.tell(turn.begun);
    if (!visible) return this.tell({ do: "ack", id, state: "failed", reason: "hidden" });
    if (!Object.hasOwn(this.effects, what)) return this.tell({ do: "ack", id, state: "failed", reason: "error" });
    this.run(item, new Turn(id, this.tell, (done) => this.memory.add(done)));
  }

  async run(item, turn) {
    this.turns.set(turn.id, turn);
    try {
      await this.effects[item.what](item, turn);
    } catch (error) {
      if (!(error instanceof Cut)) console.error(error);
      const reason = error instanceof Cut ? error.reason : "error";
      if (reason !== null) turn.failed(reason);
    } finally {
      if (this.turns.get(turn.id) === turn) this.turns.delete(turn.id);
    }
  }

  /** Off the screen at once, and not a word about it. */
  stop(id) {
    const turn = this.turns.get(id);
    this.turns.delete(id);
    turn?.control.abort(new Cut(null));
  }

  stopAll() {
    [...this.turns.keys()].forEach((id) => this.stop(id));
  }

  /** Everything leaves at once; what had not happened yet failed. */
  fail(reason) {
    for (const turn of [...this.turns.values()]) {
      this.turns.delete(turn.id);
      turn.failed(reason);
      turn.control.abort(new Cut(reason));
    }
  }
}
