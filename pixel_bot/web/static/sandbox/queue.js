// The queue: what plays, what is next, and what holds it up. What plays stands first; the rest keeps its order.

import { icon } from "../pixels.js";
import { move, still } from "../motion.js";
import { isCommon, picture, shortName } from "./redeems.js";

const LANES = { tts: "Speech", effect: "Effects" };
const laneName = (lane) => LANES[lane] || lane.charAt(0).toUpperCase() + lane.slice(1);
const SLIDE = { duration: 250, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" };
const LEAVE = { duration: 200, easing: "cubic-bezier(0.6, 0, 0.8, 0.4)" };
const OPENING_MS = 4000;
const SUFFIX = ["th", "st", "nd", "rd"];
const ordinal = (n) => `${n}${(n % 100 > 10 && n % 100 < 14 ? "" : SUFFIX[n % 10]) || "th"}`;

function part(parent, tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  parent.append(node);
  return node;
}

/** How an item looks: what follows a purchase for free is a gift, and what nobody bought is named by its lane. */
function look({ lane, redeem, follows }, nameOf) {
  const key = redeem || (lane === "tts" ? "tts" : "");
  const name = shortName(key, nameOf(key) || laneName(lane));
  if (follows) return { name, picture: "gift", look: "bonus" };
  return { name, picture: picture(key), look: key === "tts" ? "tts" : isCommon(lane) ? "plain" : "own" };
}

/** Items with the word for where they stand. */
export function placed({ items, paused, overlay, sound }) {
  const line = new Map(); // track -> how many of it wait
  return items.map((item) => {
    if (item.status === "running") return { ...item, state: item.track ? "playing" : "working" };
    const ahead = line.get(item.track) || 0;
    line.set(item.track, ahead + 1);
    if (paused.includes(item.lane)) return { ...item, state: "paused" };
    if (item.track && !overlay) return { ...item, state: "overlay closed" };
    if (["tts", "sound"].includes(item.track) && !sound) return { ...item, state: "needs sound" };
    return { ...item, state: ahead && item.track ? ordinal(ahead + 1) : "next" };
  });
}

export class Queue {
  constructor({ list, empty, holds }, nameOf) {
    Object.assign(this, { list, empty, holds, nameOf });
    this.chips = new Map(); // id -> chip
    this.news = null;
    // The page's own overlay takes a moment to open: nothing to worry anybody with.
    this.opening = setTimeout(() => {
      this.opening = 0;
      if (this.news) this.update(this.news);
    }, OPENING_MS);
  }

  update(news) {
    this.news = news;
    const items = placed({ ...news, overlay: news.overlay || this.opening > 0 }).sort((a, b) => (b.status === "running") - (a.status === "running"));
    const before = new Map([...this.chips].map(([id, chip]) => [id, chip.offsetLeft]));
    const left = new Map(this.chips);
    const chips = items.map((item) => {
      left.delete(item.id);
      return this.chip(item);
    });
    for (const [id, chip] of left) this.leave(id, chip, before.get(id));
    this.list.append(...chips);
    chips.forEach((chip, index) => this.slide(chip, before.get(items[index].id)));
    this.empty.hidden = items.length > 0;
    this.hold(news);
  }

  chip(item) {
    let chip = this.chips.get(item.id);
    if (!chip) {
      chip = this.make(item);
      this.chips.set(item.id, chip);
    }
    chip.querySelector(".state").textContent = item.state;
    chip.dataset.state = item.state;
    if (item.status !== chip.dataset.status) {
      chip.dataset.status = item.status;
      this.progress(chip, item);
    }
    return chip;
  }

  make(item) {
    const chip = document.createElement("li");
    const seen = look(item, this.nameOf);
    chip.className = `item ${seen.look}`;
    chip.dataset.id = item.id;
    chip.title = [seen.name, item.words].filter(Boolean).join(": ");
    chip.append(icon(seen.picture));
    part(chip, "strong", "what", seen.name);
    if (item.by) part(chip, "bdi", "by", item.by);
    part(chip, "span", "state");
    part(chip, "i", "run");
    return chip;
  }

  /** A thin line that fills in about the time it takes; it promises nothing, and does not run when things are still. */
  progress(chip, { status, seconds }) {
    const line = chip.querySelector(".run");
    line.getAnimations().forEach((motion) => motion.cancel());
    if (status !== "running" || still()) return;
    const length = Math.max(1, Number(seconds) || 1) * 1000;
    line.animate([{ transform: "scaleX(0)" }, { transform: "scaleX(1)" }], { duration: length, fill: "forwards" });
  }

  slide(chip, from) {
    if (from === undefined) {
      move(chip, [{ transform: "translateX(24px)", opacity: 0 }, { transform: "none", opacity: 1 }], SLIDE);
    } else if (from !== chip.offsetLeft) {
      move(chip, [{ transform: `translateX(${from - chip.offsetLeft}px)` }, { transform: "none" }], SLIDE);
    }
  }

  leave(id, chip, from) {
    this.chips.delete(id);
    const leaving = move(chip, [{ opacity: 1 }, { opacity: 0, transform: "translateY(-8px)" }], LEAVE);
    if (!leaving) return chip.remove();
    chip.classList.add("gone");
    chip.style.left = `${from}px`;
    leaving.onfinish = () => chip.remove();
    leaving.oncancel = () => chip.remove();
  }

  /** What holds things up, in words. */
  hold({ paused, overlay, sound, items }) {
    const marks = paused.map((lane) => ["pause", `${laneName(lane)} paused`]);
    if (!overlay && !this.opening) marks.push(["pause", "Overlay closed"]);
    if (overlay && !sound && items.some(({ track }) => track === "tts" || track === "sound")) marks.push(["speaker", "Sound is off"]);
    this.holds.replaceChildren(...marks.map(([sign, words]) => {
      const mark = document.createElement("span");
      mark.className = "hold";
      mark.append(icon(sign), words);
      return mark;
    }));
  }
}
