// Who speaks: persona chips, somebody else, and the one-click events.

import { icon } from "../pixels.js";
import { readable } from "./chat.js";

const TITLES = { viewer: "Viewer", subscriber: "Subscriber", moderator: "Mod", broadcaster: "Broadcaster", joystick: "Joystick.tv viewer" };
const BOTH = ["twitch", "joystick"];
const EVENTS = [
  ["enter", 0, "Come in", ["joystick"]],
  ["follow", 0, "Follow", BOTH],
  ["sub", 0, "Sub", BOTH],
  ["resub", 6, "Resub", BOTH],
  ["gift", 5, "Gift 5", BOTH],
  ["cheer", 100, "Cheer 100", ["twitch"]],
  ["tip", 100, "Tip 100", ["joystick"]],
  ["raid", 12, "Raid 12", BOTH],
];
// Shown in the place of the others when "More" is pressed.
const MORE = [
  ["gift3", 1, "Gift tier 3", ["twitch"]],
  ["power_up", 50, "Power-up", ["twitch"]],
  ["upgrade", 0, "Upgrade", ["twitch"]],
  ["streak", 5, "Streak 5", ["twitch"]],
  ["hype_train", 3, "Hype train", ["twitch"]],
];
const STORE = "pixel-sandbox-persona";

/** Who somebody is to the bot: the same name on Joystick.tv is another person. */
export const keyOf = ({ login, role }) => (role === "joystick" ? `${login}@joystick` : login);

export class Cast {
  constructor(ids, { pick, event }) {
    this.ids = ids;
    this.onPick = pick;
    this.personas = [];
    this.own = []; // people typed in by hand, kept while the page lives
    this.picked = null;
    this.showsMore = false;
    this.buttons = [...EVENTS, ...MORE].map((entry) => {
      const [kind, amount, words, places] = entry;
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.event = kind;
      button.className = `chip ${kind}`;
      button.append(icon(kind), words);
      button.addEventListener("click", () => event(kind, amount));
      // Coming in belongs beside the stream; the events have no room for one more.
      (kind === "enter" ? ids.stream : ids.events).append(button);
      return [button, places, MORE.includes(entry)];
    });
    this.swap = document.createElement("button");
    this.swap.type = "button";
    this.swap.dataset.event = "more";
    this.swap.className = "chip";
    this.swap.addEventListener("click", () => {
      this.showsMore = !this.showsMore;
      this.draw();
    });
    ids.stream.append(this.swap); // the row of events has no room for one more
    ids.form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      this.useOther();
    });
    ids.form.addEventListener("keydown", (key) => {
      if (key.key === "Escape") this.other(false);
    });
    document.addEventListener("pointerdown", (down) => {
      if (!ids.form.contains(down.target) && !(this.more && this.more.contains(down.target))) this.other(false, false);
    });
  }

  get all() {
    return [...this.personas, ...this.own];
  }

  /** The server's personas; returns whom to pick if the server has nobody picked yet. */
  begin(personas, picked) {
    this.personas = personas;
    this.own = this.own.filter((mine) => !personas.some((one) => keyOf(one) === keyOf(mine)));
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(STORE));
    } catch { /* no storage */ }
    if (kept && /^[a-z0-9_]{1,25}$/.test(kept.login) && !this.find(keyOf(kept))) this.own.push(kept);
    const wish = this.picked ? keyOf(this.picked) : kept ? keyOf(kept) : picked;
    const persona = this.find(wish) || this.find(picked) || this.all[0] || null;
    this.picked = persona;
    this.draw();
    return persona;
  }

  find(key) {
    return this.all.find((one) => keyOf(one) === key);
  }

  first(...roles) {
    return this.all.find((one) => roles.includes(one.role));
  }

  pick(persona) {
    this.picked = persona;
    try {
      const { login, name, role, color } = persona;
      sessionStorage.setItem(STORE, JSON.stringify({ login, name, role, color }));
    } catch { /* fine without */ }
    this.draw();
    this.onPick(persona);
  }

  draw() {
    const { chips } = this.ids;
    const place = this.picked?.role === "joystick" ? "joystick" : "twitch";
    this.swap.hidden = place === "joystick";
    this.swap.textContent = this.showsMore ? "Fewer events" : "More events";
    const more = this.showsMore && !this.swap.hidden;
    for (const [button, places, isMore] of this.buttons) {
      const belongs = isMore === more || button.parentNode !== this.ids.events;
      button.hidden = !places.includes(place) || !belongs;
    }
    const focused = chips.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    chips.replaceChildren();
    for (const persona of this.all) {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "chip";
      chip.dataset.login = persona.login;
      chip.dataset.key = keyOf(persona);
      chip.title = TITLES[persona.role] || "Viewer";
      chip.style.setProperty("--tint", readable(persona.color, persona.login));
      const name = document.createElement("bdi");
      name.textContent = persona.name;
      chip.append(icon(persona.role, chip.title), name);
      chip.setAttribute("aria-pressed", String(this.picked !== null && keyOf(persona) === keyOf(this.picked)));
      chip.addEventListener("click", () => this.pick(persona));
      chips.append(chip);
      if (keyOf(persona) === focused) chip.focus({ preventScroll: true });
    }
    this.more = document.createElement("button");
    this.more.type = "button";
    this.more.className = "chip";
    this.more.setAttribute("aria-expanded", String(!this.ids.form.hidden));
    this.more.setAttribute("aria-controls", this.ids.form.id);
    this.more.append(icon("plus"), "Someone else");
    this.more.addEventListener("click", () => this.other(this.ids.form.hidden));
    chips.append(this.more);
  }

  other(open, focus = true) {
    const { form, login } = this.ids;
    if (form.hidden === !open) return;
    form.hidden = !open;
    this.more.setAttribute("aria-expanded", String(open));
    if (focus) (open ? login : this.more).focus();
  }

  useOther() {
    const { login, role, help } = this.ids;
    const name = login.value.trim().replace(/^@/, "");
    const good = /^[a-z0-9_]{1,25}$/i.test(name);
    help.classList.toggle("bad", !good);
    login.setAttribute("aria-invalid", String(!good));
    if (!good) return login.focus();
    const typed = { login: name.toLowerCase(), name, role: role.value, color: "" };
    let persona = this.personas.find((one) => keyOf(one) === keyOf(typed));
    if (!persona) {
      persona = typed;
      this.own = [...this.own.filter((mine) => keyOf(mine) !== keyOf(typed)), typed].slice(-4);
    }
    login.value = "";
    this.other(false, false);
    this.pick(persona);
  }
}
