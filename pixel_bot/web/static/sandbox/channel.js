// What Twitch itself has beside chat: the stream, on or off, and rewards for channel points.

import { icon } from "../pixels.js";
import { count, number } from "../motion.js";

export class Channel {
  constructor({ row, points }, { send, refuse, words }) {
    Object.assign(this, { row, points, send, refuse, words });
    this.live = false;
    this.have = null;
    this.stream = document.createElement("button");
    this.stream.type = "button";
    this.stream.className = "chip stream";
    this.stream.append(icon("stream"), "Live");
    this.stream.addEventListener("click", () => this.send({ do: "stream", live: !this.live }));
    row.prepend(this.stream);
  }

  update({ live, rewards, points }) {
    this.live = live === true;
    this.stream.setAttribute("aria-pressed", String(this.live));
    this.stream.title = this.live ? "The stream is on. Click to end it." : "The stream is off. Click to go live.";
    this.have = typeof points === "number" ? points : null;
    this.points.parentElement.hidden = this.have === null;
    if (this.have !== null) count(this.points, this.have);
    const focused = this.row.contains(document.activeElement) ? document.activeElement.dataset.reward : null;
    for (const button of this.row.querySelectorAll(".native")) button.remove();
    this.row.append(...rewards.map((reward) => this.button(reward)));
    if (focused) this.row.querySelector(`[data-reward="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    this.row.hidden = false;
  }

  button(reward) {
    const button = document.createElement("button");
    const name = document.createElement("bdi");
    const price = document.createElement("span");
    button.type = "button";
    button.className = "chip redeem native";
    button.dataset.reward = reward.id;
    button.title = `${reward.title}: a reward for channel points${reward.words ? ", with the words from the chat line" : ""}`;
    button.setAttribute("aria-disabled", String(!reward.open || (this.have !== null && reward.cost > this.have)));
    name.textContent = reward.title;
    price.className = "price num";
    price.textContent = number(reward.cost);
    button.append(icon("points"), name, price);
    button.addEventListener("click", () => this.redeem(reward));
    return button;
  }

  /** Words are taken from the chat line, where Twitch asks for them, too. */
  redeem({ id, title, words }) {
    const text = words ? this.words.take() : "";
    if (words && !text) {
      this.refuse(`${title} needs some words: type them into the chat line, then click it again.`);
      this.words.focus();
    } else if (!this.send({ do: "redeem", id, text }) && text) {
      this.words.put(text);
    }
  }
}
