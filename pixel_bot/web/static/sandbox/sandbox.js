// The sandbox page: reads what the bot says over one websocket and passes on what the person does.
// Every text from the server is hostile and only ever becomes textContent.

import { Cast, keyOf } from "./cast.js";
import { Channel } from "./channel.js";
import { Chat, readable } from "./chat.js";
import { currency } from "./currency.js";
import { ChatInput } from "./input.js";
import { Live } from "./live.js";
import { Queue } from "./queue.js";
import { Redeems } from "./redeems.js";
import { Replay } from "./replay.js";
import { Stage } from "./stage.js";
import { Stats, Wallet } from "./viewer.js";
import { Tour } from "./hints.js";

const $ = (id) => document.getElementById(id);

const chat = new Chat({ log: $("log"), quiet: $("quiet"), newer: $("newer") }, (wish) => {
  if (!live.send(wish)) refuse("Not connected right now. One moment.");
});
const stage = new Stage({
  stage: $("stage"), scene: $("backdrop"), frame: $("overlay-frame"), idle: $("idle"), levels: $("levels"), unmute: $("unmute"),
});
const redeems = new Redeems($("redeems"), { say, write: (text, from) => input.write(text, true, from), refuse });
const queue = new Queue({ list: $("queue"), empty: $("queue-empty"), holds: $("holds") }, (key) => redeems.names.get(key));
const stats = new Stats({ viewers: $("stat-viewers"), messages: $("stat-messages"), points: $("stat-points") });

const wallet = new Wallet({
  badge: $("viewer-badge"), name: $("viewer-name"), coin: $("coin"), points: $("points"), delta: $("delta"),
  level: $("level"), xp: $("xp"), left: $("xp-left"), bar: $("bar"), fill: $("bar-fill"),
  ledger: $("ledger"), empty: $("ledger-empty"),
}, (state) => stage.levelUp(`${state.name || state.login} reached level ${state.level}`));

const replay = new Replay({
  form: $("replay"), file: $("replay-file"), go: $("replay-go"), speed: $("replay-speed"), bar: $("replay-bar"),
}, toast);

const tour = new Tour({
  hint: $("hint"), word: $("hint").querySelector(".hint-word"), fill: $("hint-fill"), why: $("hint-why"), dots: $("hint-dots"),
}, (step) => {
  const roles = step.mod ? ["moderator", "broadcaster"] : step.there ? ["joystick"] : [];
  const who = cast.first(...roles);
  if (who && !roles.includes(cast.picked?.role)) cast.pick(who);
  input.write(step.fill);
});

const input = new ChatInput({ form: $("say"), field: $("line"), suggest: $("suggest"), label: $("line-label") }, say);

function say(text) {
  if (!cast.picked) return refuse("Pick somebody to chat as first.");
  if (!live.send({ do: "say", text })) return refuse("Not connected right now. Your line stays here.");
  tour.said(text, cast.picked.role);
  chat.follow(false);
  return true;
}

for (const id of ["try-first", "try-tts"]) $(id).addEventListener("click", () => say($(id).textContent));

/** What can be bought; the first that says what it is to be tried for is offered where nothing plays yet. */
function offer(items) {
  redeems.update(items);
  tour.offer(items);
  const first = items.find(({ why }) => why);
  $("try-first").textContent = first ? `${input.prefix}${first.key} ${first.words || ""}`.trim() : "";
  $("try-more").hidden = !first;
}

const cast = new Cast({
  chips: $("chips"), events: $("events"), stream: $("natives"), form: $("other"), login: $("other-login"), role: $("other-role"), help: $("other-help"),
}, {
  pick(persona) {
    embody(persona);
    tellPick(persona);
    if (!matchMedia("(pointer: coarse)").matches) $("line").focus({ preventScroll: true });
  },
  event(kind, amount) {
    if (!cast.picked) refuse("Pick somebody first, then it happens in their name.");
    else if (!live.send({ do: "event", kind, amount })) refuse("Not connected right now. One moment.");
  },
});

const channel = new Channel({ row: $("natives"), points: $("native-points") }, {
  refuse,
  words: {
    take() {
      const text = $("line").value.trim();
      input.write("", false);
      return text;
    },
    put: (text) => input.write(text, false),
    focus: () => $("line").focus({ preventScroll: true }),
  },
  send(wish) {
    if (!cast.picked) return refuse("Pick somebody first, then it happens in their name.");
    return live.send(wish) || refuse("Not connected right now. One moment.");
  },
});

function embody(persona) {
  wallet.pick(persona, readable(persona.color, persona.login));
  input.speaker(persona.name);
  chat.speaker(persona);
  const known = wallet.known.get(keyOf(persona));
  redeems.afford(known ? known.points : null);
}

function tellPick({ login, name, role }) {
  // On Joystick.tv a name is shown as it was typed; on Twitch that follows from the login.
  live.send({ do: "pick", login: role === "joystick" ? name : login, name, role });
}

let toastTimer = 0;

function toast(text) {
  $("toast").textContent = text;
  $("toast").classList.add("on");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => $("toast").classList.remove("on"), Math.max(4000, text.length * 60));
}

$("copy-overlay").addEventListener("click", async () => {
  const address = stage.overlay?.src;
  if (!address) return;
  try {
    await navigator.clipboard.writeText(address);
    toast("Copied. In OBS: Sources, +, Browser, 1920 by 1080, Control audio via OBS.");
  } catch {
    prompt("The address of the overlay, for OBS:", address);
  }
});

function refuse(text) {
  toast(text);
  return false;
}

const list = (value) => (Array.isArray(value) ? value : []);

const hear = {
  hello(message) {
    $("channel").textContent = message.channel ? `#${message.channel}` : "";
    currency.begin(message.currency);
    input.prefix = message.prefix || "!";
    input.commands = list(message.commands);
    redeems.begin(input.prefix, input.commands);
    $("try-tts").textContent = `${input.prefix}tts hello`;
    if (typeof message.overlay === "string") stage.open(message.overlay);
    const persona = cast.begin(list(message.personas), message.picked);
    tour.begin(input.prefix, cast.personas);
    chat.reset(list(message.chat));
    if (message.stats) stats.update(message.stats);
    if (!persona) return;
    embody(persona);
    if (persona.login !== message.picked) tellPick(persona);
  },
  chat: (message) => chat.add(list(message.lines)),
  removed: (message) => chat.remove(list(message.ids)),
  event: (message) => ($("happened").textContent = String(message.text || "")),
  channel: (message) => channel.update({ ...message, rewards: list(message.rewards) }),
  redeems: (message) => offer(list(message.items)),
  queue(message) {
    const news = { ...message, items: list(message.items), paused: list(message.paused) };
    queue.update(news);
    stage.update({ playing: news.items.some((item) => item.status === "running" && item.track), obs: message.obs === true });
  },
  viewer(message) {
    wallet.update(message);
    if (message.key === wallet.key) redeems.afford(message.points);
  },
  stats: (message) => stats.update(message),
  replay: (message) => replay.update(message),
  refused: (message) => toast(String(message.text || "That did not work.")),
};

// A blink of the connection is nobody's business: the strip waits a moment before it shows.
let stripTimer = 0;

function connected(on) {
  clearTimeout(stripTimer);
  $("lamp").classList.toggle("on", on);
  $("link-word").textContent = on ? "live" : "connecting";
  const show = () => {
    $("strip").textContent = on ? "" : "Lost the bot for a moment. Reconnecting\u2026 " + currency.fill("every {point} is safe.");
    $("strip").classList.toggle("on", !on);
  };
  if (on) show();
  else if (!$("strip").classList.contains("on")) stripTimer = setTimeout(show, 400);
}

const live = new Live("/sandbox/live", {
  up: () => connected(true),
  down: () => connected(false),
  message(message) {
    if (Object.prototype.hasOwnProperty.call(hear, message.type)) hear[message.type](message);
  },
});
