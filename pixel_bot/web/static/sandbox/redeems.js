// What points buy, one click each: a command in chat, or one that waits in the input line for its words.

import { icon } from "../pixels.js";
import { number } from "../motion.js";

const KNOWN = {
  tts: ["Speak", "hello chat!"],
  sound: ["Sound", ""],
  pixel: ["Ask AI", "what is a pixel?"],
  clip: ["Clip", ""],
};
const ORDER = Object.keys(KNOWN);
// What the cogs say of their redeems: name, an example, and picture.
const told = new Map();
const LANES = ["tts", "effect"];
const own = (key) => told.get(key) || (Object.hasOwn(KNOWN, key) ? KNOWN[key] : null);
const place = (key) => (told.has(key) ? -1 : own(key) ? ORDER.indexOf(key) : ORDER.length);

/** Whether the bot has this lane anyway: others are a cog's own. */
export const isCommon = (lane) => LANES.includes(lane);

/** What a redeem is called where there is little room. */
export const shortName = (key, fallback) => own(key)?.[0] || String(fallback || key);

/** Whether its picture is known: others share one. */
export const picture = (key) => (own(key) ? own(key)[2] || key : "star");

export class Redeems {
  constructor(row, { say, write, refuse }) {
    Object.assign(this, { row, say, write, refuse });
    this.prefix = "!";
    this.needsWords = new Set();
    this.points = null;
    this.names = new Map();
  }

  begin(prefix, commands) {
    this.prefix = prefix;
    // A usage like `!tts TEXT` wants words, one like `!sound [NAME]` does not.
    this.needsWords = new Set(commands.filter(({ usage }) => /\s[A-Z@]/.test(usage || "")).map(({ name }) => name));
  }

  update(items) {
    this.names = new Map(items.map(({ key, name }) => [key, name]));
    told.clear();
    for (const { key, short, words, picture: drawn } of items) if (drawn) told.set(key, [short, words, drawn]);
    const sorted = [...items].sort((a, b) => place(a.key) - place(b.key));
    this.row.replaceChildren(...sorted.map((item) => this.button(item)));
    this.row.hidden = items.length === 0;
    this.afford(this.points);
  }

  button({ key, name, cost, price: depends, lane }) {
    const button = document.createElement("button");
    const price = document.createElement("span");
    button.type = "button";
    button.className = isCommon(lane) ? "chip redeem" : "chip redeem own";
    button.dataset.redeem = key;
    button.dataset.cost = depends ? 0 : cost;
    button.title = `${name}: ${this.prefix}${key}`;
    price.className = "price num";
    price.textContent = depends ? "varies" : cost ? number(cost) : "free";
    button.append(icon(picture(key)), shortName(key, name), price);
    button.addEventListener("click", () => this.buy(key, depends ? 0 : cost));
    return button;
  }

  /** What is dear to the picked viewer looks so, and says so when clicked. */
  afford(points) {
    this.points = points;
    for (const button of this.row.children) {
      const dear = points !== null && Number(button.dataset.cost) > points;
      button.setAttribute("aria-disabled", String(dear));
    }
  }

  buy(key, cost) {
    const command = `${this.prefix}${key}`;
    if (this.points !== null && cost > this.points) {
      this.refuse(`That costs ${number(cost)} points. Fire an event to earn some.`);
    } else if (this.needsWords.has(key)) {
      this.write(`${command} ${own(key)?.[1] || ""}`, command.length + 1);
    } else {
      this.say(command);
    }
  }
}
