// The overlay page: receives effects from the bot, plays them, and acknowledges what was really played.

import { artEffect, Widgets } from "./art.js";
import { Alerts } from "./alerts.js";
import { Connection } from "./connection.js";
import { Memory } from "./memory.js";
import { EffectRunner } from "./effect-runner.js";
import { Visibility } from "./visibility.js";
import { showEffect, soundEffect, speakEffect } from "./cards.js";
import { Sound } from "./sound.js";

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

const condition = () => ({ visible: visibility.visible, sound: sound.state });
const sound = new Sound(() => {
  connection.send({ do: "state", ...condition() });
  tellParent();
});
const alerts = new Alerts(part("alerts"));
const stream = document.querySelector(".stream");
const widgets = new Widgets(stream);
const scene = { column: part("column"), stream, sound };
const runner = new EffectRunner({
  effects: {
    speak: speakEffect(scene),
    sound: soundEffect(scene),
    show: showEffect(scene),
    art: artEffect(scene),
  },
  memory: new Memory(),
  tell: (ack) => connection.acknowledge(ack),
});

const visibility = new Visibility((visible) => {
  if (!visible) {
    runner.fail("hidden");
    alerts.clear();
  }
  connection.send({ do: "state", ...condition() });
});

const handlers = {
  hello: ({ volume, widgets: names }) => {
    sound.turn(volume);
    widgets.keep(names);
  },
  widget: (item) => widgets.set(item),
  play: (item) => runner.play(item, visibility.visible),
  stop: ({ id }) => {
    if (id !== undefined && id !== null) return runner.stop(id);
    runner.stopAll();
    alerts.clear();
  },
  alert: (item) => visibility.visible && alerts.add(item),
};

const connection = new Connection(`/overlay/ws?key=${encodeURIComponent(key)}`, {
  greet: () => ({ do: "hello", page, obs: Boolean(window.obsstudio), ...condition() }),
  message: (item) => Object.hasOwn(handlers, item.type) && handlers[item.type](item),
});

addEventListener("pagehide", () => {
  runner.fail("hidden");
  alerts.clear();
  connection.send({ do: "bye" });
});

await sound.probe();
// Where sound is on, the change has notified the parent already.
if (sound.state === "blocked") tellParent();
connection.open();
