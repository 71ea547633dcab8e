// The tour: one suggestion at a time, moving on as soon as the person has done it.

import { currency } from "./currency.js";

const STORE = "pixel-sandbox-tour";

export class Tour {
  constructor(ids, take) {
    this.ids = ids;
    this.done = new Set();
    this.prefix = "!";
    this.fixed = [];
    this.offered = [];
    this.steps = [];
    try {
      this.done = new Set(JSON.parse(sessionStorage.getItem(STORE) || "[]"));
    } catch { /* no storage: the tour starts over */ }
    ids.hint.addEventListener("click", () => {
      const step = this.next();
      if (step) take(step);
    });
  }

  begin(prefix, personas) {
    this.prefix = prefix;
    const by = (role) => personas.find((one) => one.role === role && one.enabled !== false) || {};
    const viewer = by("viewer").login || "viewer_vi";
    const mod = by("moderator");
    const boss = mod.login || "mod_mila";
    const asMod = `as ${mod.name || "a mod"}`;
    const asGuest = `as ${by("joystick").name || "a viewer"} on Joystick.tv`;
    this.fixed = [
      { key: "hi", fill: "hi everyone!", why: "say hi to the chat" },
      { key: "tts", fill: `${prefix}tts hello chat!`, why: "be read out on stream" },
      { key: "sound", fill: `${prefix}sound`, why: "make some noise" },
      { key: "pixel", fill: `${prefix}pixel what is a pixel?`, why: "ask the AI" },
      { key: "redeems", fill: `${prefix}redeems`, why: currency.fill("all that {points} buy") },
      { key: "give", fill: `${prefix}give @${boss} 10`, why: currency.fill("share some {points}") },
      { key: "add", fill: `${prefix}points add @${viewer} 500`, why: asMod, mod: true },
      { key: "undo", fill: `${prefix}undo`, why: `take it back ${asMod}`, mod: true },
      { key: "cmd", fill: `${prefix}cmd add hug $(user) hugs $(touser)!`, why: `make a command ${asMod}`, mod: true },
      { key: "title", fill: `${prefix}title An evening with pixels`, why: `set the title ${asMod}`, mod: true },
      { key: "so", fill: `${prefix}so @${viewer}`, why: `show somebody's channel ${asMod}`, mod: true },
      { key: "giveaway", fill: `${prefix}giveaway open win`, why: `give something away ${asMod}`, mod: true },
      { key: "uptime", fill: `${prefix}uptime`, why: "how long the stream has been on" },
      { key: "link", fill: `${prefix}link`, why: asGuest, there: true },
      { key: "help", fill: `${prefix}help`, why: "everything else" },
    ];
    this.offer(this.offered);
  }

  /** Redeems whose cogs say what they are to be tried for come right after the greeting. */
  offer(redeems) {
    this.offered = redeems.filter(({ why }) => why);
    const own = this.offered.map(({ key, words, why }) => ({ key, why, fill: `${this.prefix}${key} ${words || ""}`.trim() }));
    this.steps = [...this.fixed.slice(0, 1), ...own, ...this.fixed.slice(1)];
    this.show();
  }

  next() {
    return this.steps.find((step) => !this.done.has(step.key));
  }

  /** What somebody on this page has just sent. */
  said(text, role) {
    const mod = role === "moderator" || role === "broadcaster";
    const lower = text.trim().toLowerCase();
    const word = lower.startsWith(this.prefix) ? lower.slice(this.prefix.length).split(/\s+/) : null;
    let key = "hi";
    if (word) {
      const [name, first = "", second = "", third = ""] = word;
      const plain = ["sound", "redeems", "uptime", "link", "help", ...this.offered.map((redeem) => redeem.key)];
      key = plain.includes(name) ? name : "";
      if (name === "points" && first === "add") key = mod && second && third ? "add" : "";
      else if (name === "tts" || name === "pixel") key = first ? name : "";
      else if (name === "give") key = first && second ? "give" : "";
      else if (name === "cmd") key = mod && first === "add" && third ? "cmd" : "";
      else if (name === "title" || name === "so") key = mod && first ? name : "";
      else if (name === "giveaway") key = mod && first === "open" && second ? name : "";
      else if (name === "undo") key = mod ? "undo" : "";
    }
    if (!key || this.done.has(key)) return;
    this.done.add(key);
    try {
      sessionStorage.setItem(STORE, JSON.stringify([...this.done]));
    } catch { /* fine without */ }
    this.show();
  }

  show() {
    const { hint, word, fill, why, dots } = this.ids;
    const step = this.next();
    word.textContent = step ? "Try next" : "That was the tour";
    fill.textContent = step ? step.fill : "";
    fill.hidden = !step;
    why.textContent = step ? step.why : "now fire an event, or replay a chat log";
    hint.disabled = !step;
    dots.replaceChildren(...this.steps.map((one) => {
      const dot = document.createElement("i");
      dot.className = this.done.has(one.key) ? "done" : one === step ? "now" : "";
      return dot;
    }));
  }
}
