// The overlay: hears from the bot, plays what viewers paid for, and tells what has really happened.

import { Alerts } from "./alerts.js";
import { Link } from "./link.js";
import { Memory } from "./memory.js";
import { Runs } from "./runs.js";
import { Seen } from "./seen.js";
import { showEffect, soundEffect, speakEffect } from "./cards.js";
import { Sound } from "./sound.js";
import { wheelEffect } from "./wheel.js";

const part = (id) => document.getElementById(id);
const page = [...crypto.getRandomValues(new Uint8Array(12))].map((n) => n.toString(16).padStart(2, "0")).join("");
const key = new URLSearchParams(location.search).get("key") || "";

// One pixel of the pixel look in whole pixels of the screen, so that edges stay crisp at 720p too.
function measure() {
  const unit = Math.min(innerWidth / 1920, innerHeight / 1080);
  document.documentElement.style.setProperty("--p", `${Math.max(1, Math.round(unit * 4))}px`);
}
addEventListener("resize", measure);
measure();

function tellParent() {
  if (parent !== window) parent.postMessage({ pixel: "sound", state: sound.state }, location.origin);
}

const condition = () => ({ visible: seen.visible, sound: sound.state });
const sound = new Sound(() => {
  link.say({ do: "state", ...condition() });
  tellParent();
});
const alerts = new Alerts(part("alerts"));
const scene = { column: part("column"), wheels: part("wheels"), sound };
const runs = new Runs({
  effects: {
    speak: speakEffect(scene),
    sound: soundEffect(scene),
    show: showEffect(scene),
    wheel: wheelEffect(scene),
  },
  memory: new Memory(),
  tell: (ack) => link.tell(ack),
});

const seen = new Seen((visible) => {
  if (!visible) {
    runs.fail("hidden");
    alerts.clear();
  }
  link.say({ do: "state", ...condition() });
});

const hear = {
  hello: ({ volume }) => sound.turn(volume),
  play: (item) => runs.play(item, seen.visible),
  stop: ({ id }) => {
    if (id !== undefined && id !== null) return runs.stop(id);
    runs.stopAll();
    alerts.clear();
  },
  alert: (item) => seen.visible && alerts.add(item),
};

const link = new Link(`/overlay/ws?key=${encodeURIComponent(key)}`, {
  greet: () => ({ do: "hello", page, obs: Boolean(window.obsstudio), ...condition() }),
  message: (item) => Object.hasOwn(hear, item.type) && hear[item.type](item),
});

addEventListener("pagehide", () => {
  runs.fail("hidden");
  alerts.clear();
  link.say({ do: "bye" });
});

await sound.probe();
// Where sound is on, the change has told the parent already.
if (sound.state === "blocked") tellParent();
link.open();
