// What mods do to a line of chat: delete it, or time its author out. The server decides; this only offers it.

import { icon } from "../pixels.js";

const STAFF = ["moderator", "broadcaster"];

/** Which of the two somebody may do to a line, as Twitch has it. */
export function allowed(who, line) {
  const badges = Array.isArray(line.badges) ? line.badges : [];
  const own = who.login === line.login;
  const safe = !own && badges.some((badge) => STAFF.includes(badge));
  if (line.place === "joystick") return [];
  if (!STAFF.includes(who.role) || (safe && who.role !== "broadcaster")) return [];
  return own || line.bot ? ["delete"] : ["delete", "timeout"];
}

export class Moderation {
  constructor(log, wish) {
    Object.assign(this, { log, wish });
    this.who = { login: "", role: "viewer" };
    log.addEventListener("keydown", (event) => this.walk(event));
  }

  pick(persona) {
    this.who = persona;
    for (const row of this.log.children) this.equip(row);
  }

  equip(row) {
    row.querySelector(".acts")?.remove();
    const may = row.classList.contains("removed") ? [] : allowed(this.who, row.line);
    if (!may.length) return;
    const acts = document.createElement("span");
    acts.className = "acts";
    acts.append(...may.map((act) => this.button(act, row.line)));
    row.append(acts);
  }

  button(act, line) {
    const button = document.createElement("button");
    const name = line.name || line.login;
    button.type = "button";
    button.className = `act ${act}`;
    // The arrow keys lead here from the log: hundreds of tab stops would bar the way to the input line.
    button.tabIndex = -1;
    button.append(icon(act === "delete" ? "cross" : "clock"), act);
    button.setAttribute("aria-label", act === "delete" ? `Delete this message of ${name}` : `Time ${name} out`);
    const wish = act === "delete" ? { do: act, id: line.id } : { do: act, login: line.login };
    button.addEventListener("click", () => this.wish(wish));
    return button;
  }

  /** Up and down go from line to line, left and right between the two buttons of one. */
  walk(event) {
    const step = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const aside = event.key === "ArrowLeft" || event.key === "ArrowRight";
    const at = event.target.closest(".act");
    if (!step || (!at && event.key !== "ArrowUp")) return;
    const from = [...this.log.querySelectorAll(aside ? ".act" : ".acts > :first-child")];
    const to = at ? from[from.indexOf(aside ? at : at.parentNode.firstChild) + step] : from.pop();
    if (!to || (aside && to.parentNode !== at.parentNode)) return;
    event.preventDefault();
    to.focus();
  }

  strike(row) {
    if (row.classList.contains("removed")) return;
    const held = row.contains(document.activeElement);
    row.classList.add("removed");
    row.querySelector(".acts")?.remove();
    const note = document.createElement("span");
    note.className = "note";
    note.textContent = "removed by a mod";
    row.append(" ", note);
    if (held) this.log.focus({ preventScroll: true });
  }
}
