// The chat log: at most 200 lines, one render a frame, and it holds still while somebody reads back.

import { icon } from "../pixels.js";
import { Moderation } from "./moderation.js";

const KEEP = 200;
const ROLES = { broadcaster: "Broadcaster", moderator: "Moderator", subscriber: "Subscriber", vip: "VIP", bot: "Bot" };
const TINTS = { broadcaster: "#ff5d73", moderator: "#7bd88f", subscriber: "#b9a1ff", vip: "#ff9ed2", bot: "#2dd4bf" };
const PALETTE = ["#ff8fa0", "#ffb86b", "#ffd76e", "#a5e075", "#5fe0c0", "#6cc8ff", "#b9a1ff", "#ff9ed2"];
const DARK = 0.0202; // luminance of --raised, the lightest surface that names stand on

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

function luminance(rgb) {
  const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The person's own colour, made lighter until it reads; without one, a colour that stays theirs. */
export function readable(colour, login) {
  if (!/^#[0-9a-f]{6}$/i.test(colour || "")) {
    let sum = 7;
    for (const letter of String(login)) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
    return PALETTE[sum % PALETTE.length];
  }
  let rgb = channels(colour);
  for (let i = 0; i < 20 && (luminance(rgb) + 0.05) / (DARK + 0.05) < 4.6; i++) {
    rgb = rgb.map((v) => Math.round(v + (255 - v) * 0.12));
  }
  return `rgb(${rgb.join(", ")})`;
}

function put(parent, tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  parent.append(node);
  return node;
}

function draw(line) {
  const row = document.createElement("div");
  row.className = line.bot ? "line bot" : "line";
  if (line.bot) {
    const face = document.createElement("img");
    face.src = "/static/mascot.svg";
    face.alt = "Bot";
    face.className = "px-img";
    row.append(face);
  }
  for (const badge of Array.isArray(line.badges) ? line.badges : []) {
    if (!Object.prototype.hasOwnProperty.call(ROLES, badge) || (line.bot && badge === "bot")) continue;
    const mark = icon(badge, ROLES[badge]);
    mark.style.color = TINTS[badge];
    row.append(mark);
  }
  if (line.place === "joystick") {
    row.classList.add("there");
    row.append(icon("joystick", "On Joystick.tv"));
  }
  put(row, "bdi", "name", String(line.name || line.login)).style.color = readable(line.color, line.login);
  row.append(line.bot ? " " : ": ");
  if (line.whisper_to) put(row, "bdi", "re", `whispers to ${line.whisper_to}`);
  if (line.reply_to) put(row, "bdi", "re", `\u21aa ${line.reply_to}`);
  put(row, "bdi", "text", String(line.text));
  row.line = line;
  return row;
}

export class Chat {
  constructor({ log, quiet, newer }, wish) {
    Object.assign(this, { log, quiet, newer });
    this.gone = new Set(); // ids of lines that a mod took out
    this.moderation = new Moderation(log, wish);
    this.waiting = [];
    this.behind = 0;
    this.seen = new Set();
    this.stuck = true;
    this.top = 0;
    this.frame = 0;
    log.addEventListener("scroll", () => {
      const before = this.stuck;
      const isNear = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
      // A page that gets smaller hides the end, too: only who scrolls up leaves it.
      this.stuck = isNear || (before && log.scrollTop >= this.top);
      this.top = log.scrollTop;
      if (this.stuck && !before) this.plan();
    }, { passive: true });
    newer.addEventListener("click", () => this.follow());
    new ResizeObserver(() => this.stuck && this.bottom()).observe(log);
  }

  /** The server's own picture of the chat replaces ours. */
  reset(lines) {
    this.waiting = [];
    this.behind = 0;
    this.seen.clear();
    this.gone.clear();
    this.log.replaceChildren();
    this.stuck = true;
    this.add(lines, true);
  }

  add(lines, quietly = false) {
    for (const line of lines) {
      if (line === null || typeof line !== "object" || this.seen.has(line.id)) continue;
      this.seen.add(line.id);
      if (line.removed) this.gone.add(line.id);
      this.waiting.push(line);
      this.behind++;
    }
    if (this.waiting.length > KEEP * 2) this.waiting = this.waiting.slice(-KEEP);
    if (this.seen.size > KEEP * 10) this.seen = new Set([...this.seen].slice(-KEEP * 5));
    // A screen reader cannot speak a flood, and shall not speak the past.
    const voice = quietly || lines.length > 12 ? "off" : "polite";
    if (this.log.getAttribute("aria-live") !== voice) this.log.setAttribute("aria-live", voice);
    this.plan();
  }

  /** Mods took these lines out of chat. */
  remove(ids) {
    for (const id of ids) this.gone.add(id);
    if (this.gone.size > KEEP * 5) this.gone = new Set([...this.gone].slice(-KEEP * 2));
    for (const row of this.log.children) if (this.gone.has(row.line.id)) this.moderation.strike(row);
  }

  /** Who looks at the chat from now on. */
  speaker(persona) {
    this.moderation.pick(persona);
  }

  plan() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.render());
  }

  render() {
    this.frame = 0;
    if (!this.stuck) {
      const many = this.behind > 999 ? "999+" : String(this.behind);
      this.newer.textContent = this.behind === 1 ? "1 new message" : `${many} new messages`;
      this.newer.hidden = this.behind === 0;
      return;
    }
    this.newer.hidden = true;
    const fresh = this.waiting.slice(-KEEP);
    this.waiting = [];
    this.behind = 0;
    if (fresh.length) {
      const surplus = Math.min(this.log.childElementCount, this.log.childElementCount + fresh.length - KEEP);
      for (let i = 0; i < surplus; i++) this.log.firstElementChild.remove();
      const batch = document.createDocumentFragment();
      for (const line of fresh) {
        const row = draw(line);
        if (this.gone.has(line.id)) this.moderation.strike(row);
        else this.moderation.equip(row);
        batch.append(row);
      }
      this.log.append(batch);
    }
    this.quiet.hidden = this.log.childElementCount > 0;
    this.bottom();
  }

  follow(focus = true) {
    this.stuck = true;
    if (focus) this.log.focus({ preventScroll: true });
    this.plan();
  }

  bottom() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}
