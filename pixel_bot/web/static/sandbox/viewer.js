// The picked viewer's wallet: points, level and ledger, always as the server last told them.

import { keyOf } from "./cast.js";
import { icon } from "../pixels.js";
import { count, move, number, signed } from "../motion.js";

const ROW = 24;

export class Wallet {
  constructor(ids, levelUp) {
    this.ids = ids;
    this.levelUp = levelUp;
    this.known = new Map(); // key -> the last state heard
    this.key = null;
    this.level = 1;
    this.refill = 0;
    this.heard = false; // whether what is shown came from the server for this viewer
    ids.coin.append(icon("coin"));
  }

  /** Another persona: show what is known of them at once, and never somebody else's points. */
  pick(persona, tint) {
    this.key = keyOf(persona);
    this.heard = false;
    const { badge, name, delta } = this.ids;
    name.textContent = persona.name;
    badge.replaceChildren(icon(persona.role));
    badge.style.color = tint;
    delta.getAnimations().forEach((motion) => motion.cancel());
    const state = this.known.get(this.key);
    this.show(state || { points: 0, xp: 0, level: 1, level_floor: 0, next_level_xp: null, ledger: [] }, !state);
  }

  update(state) {
    const before = this.known.get(state.key);
    this.known.set(state.key, state);
    if (this.known.size > 50) this.known.delete(this.known.keys().next().value);
    if (before && state.level > before.level) this.levelUp(state);
    if (state.key !== this.key) return;
    if (this.heard && before) this.float(state.points - before.points);
    this.show(state, false);
    this.heard = true;
  }

  show(state, blank) {
    const { points, level, xp, left, bar, fill } = this.ids;
    count(points, state.points, blank);
    count(level, state.level, true);
    count(xp, state.xp, blank);
    const top = state.next_level_xp === null;
    const span = state.next_level_xp - state.level_floor;
    const part = top ? 1 : Math.min(1, Math.max(0, (state.xp - state.level_floor) / (span || 1)));
    left.textContent = blank ? "one moment" : top ? "top level" : `${number(state.next_level_xp - state.xp)} to level ${state.level + 1}`;
    bar.setAttribute("aria-valuenow", String(Math.round((blank ? 0 : part) * 100)));
    this.fill(fill, blank ? 0 : part, !blank && this.heard && state.level > this.level);
    this.level = state.level;
    this.rows(state.ledger || []);
  }

  /** The bar never runs backwards: a new level fills it, empties it at once, and starts again. */
  fill(fill, part, passed) {
    clearTimeout(this.refill);
    fill.style.transform = `scaleX(${passed ? 1 : part})`;
    if (!passed) return;
    this.refill = setTimeout(() => {
      fill.style.transition = "none";
      fill.style.transform = "scaleX(0)";
      fill.getBoundingClientRect();
      fill.style.transition = "";
      fill.style.transform = `scaleX(${part})`;
    }, 650);
  }

  float(change) {
    if (!change) return;
    const { delta } = this.ids;
    delta.textContent = signed(change);
    delta.className = `delta num ${change > 0 ? "plus" : "minus"}`;
    move(delta, [
      { transform: "translateY(8px)", opacity: 0 },
      { transform: "none", opacity: 1, offset: 0.15 },
      { transform: "none", opacity: 1, offset: 0.8 },
      { transform: "translateY(-8px)", opacity: 0 },
    ], { duration: 1800, easing: "ease-out" });
  }

  rows(entries) {
    const { ledger, empty } = this.ids;
    const old = new Map([...ledger.children].map((row) => [row.dataset.id, row]));
    const same = entries.some((entry) => old.has(String(entry.id)));
    const fresh = [];
    const rows = entries.slice(0, 8).map((entry) => {
      const row = old.get(String(entry.id)) || this.row(entry);
      if (same && !old.has(row.dataset.id)) fresh.push(row);
      return row;
    });
    ledger.replaceChildren(...rows);
    empty.hidden = rows.length > 0;
    if (!fresh.length) return;
    for (const row of rows) {
      const from = `translateY(-${fresh.length * ROW}px)`;
      const start = fresh.includes(row) ? { transform: from, opacity: 0 } : { transform: from };
      move(row, [start, { transform: "none", opacity: 1 }], { duration: 250, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" });
    }
  }

  row(entry) {
    const row = document.createElement("li");
    row.dataset.id = entry.id;
    const cells = [
      [`amount num ${entry.amount < 0 ? "minus" : "plus"}`, signed(entry.amount)],
      ["words", entry.words],
      ["num muted", number(entry.balance)],
    ];
    for (const [className, text] of cells) {
      const cell = document.createElement("span");
      cell.className = className;
      cell.textContent = text;
      if (className === "words") cell.title = text;
      row.append(cell);
    }
    return row;
  }
}

export class Stats {
  constructor(ids) {
    this.ids = ids;
  }

  update(stats) {
    for (const key of ["viewers", "messages", "points"]) count(this.ids[key], Number(stats[key]) || 0);
  }
}
