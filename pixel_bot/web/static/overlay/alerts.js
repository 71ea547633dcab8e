// Follows, subs, cheers and their like: a card at the top, one at a time.

import { ABOVE, burst, enter, leave, pause } from "./motion.js";
import { element, words } from "./text.js";
import { icon } from "../pixels.js";

const KINDS = {
  follow: "New follower",
  sub: "Subscription",
  upgrade: "Subscription",
  gift: "Gift subs",
  cheer: "Cheer",
  tip: "Tip",
  wheelclaim: "Prize",
  raid: "Raid",
  watchstreak: "Watch streak",
  hypetrain: "Hype train",
  level: "Level up",
};
const MOST = 6;
const STAY_MS = 3600;
const STAY_WHILE_OTHERS_WAIT_MS = 1800;

export class Alerts {
  constructor(place) {
    this.place = place;
    this.clear();
  }

  add({ kind, text }) {
    if (!Object.hasOwn(KINDS, kind)) return;
    this.queue = [...this.queue, { kind, text: words(text) }].slice(-MOST);
    if (!this.showing) this.run(this.control.signal);
  }

  /** Nothing is shown or waits any more. */
  clear() {
    this.control?.abort();
    this.control = new AbortController();
    this.queue = [];
    this.showing = false;
    this.place.replaceChildren();
  }

  async run(signal) {
    this.showing = true;
    while (this.queue.length && !signal.aborted) await this.show(this.queue.shift(), signal);
    if (!signal.aborted) this.showing = false;
  }

  async show(item, signal) {
    const node = card(item);
    this.place.append(node);
    if (item.kind !== "follow") burst(this.place, { count: 16, reach: 360 });
    try {
      await enter(node, ABOVE, signal);
      await pause(this.queue.length ? STAY_WHILE_OTHERS_WAIT_MS : STAY_MS, signal);
      await leave(node, ABOVE, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      node.remove();
    }
  }
}

function card({ kind, text }) {
  const node = element("div", `card alert alert-${kind}`);
  const lines = element("div", "lines");
  lines.append(element("span", "label", KINDS[kind]), element("bdi", "what", text));
  node.append(icon(kind), lines);
  return node;
}
