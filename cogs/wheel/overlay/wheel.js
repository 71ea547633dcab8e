// A spin of the wheel: it comes, turns, lands on what the bot has drawn, shows it, and leaves.

import { burst, element, enter, leave as fade, pause, SMALL, still, styled, until } from "/static/overlay/kit.js";
import { divide, EASING, plan, ticks } from "./spin.js";
import { drawWheel } from "./wheel-draw.js";

const BREATH_MS = 300;
const STILL_MS = 1200;
const SHOWN_MS = 3000;
const LAST = Symbol.for("the wheel that is shown");
const WIN = [523.25, 659.25, 783.99, 1046.5];

function announce({ plate }, by) {
  plate.append(...(by ? [element("bdi", "who", by), " spins the wheel"] : ["The wheel spins"]));
}

function proclaim({ plate }, by, prize) {
  const who = element("bdi", "who", by ? `${by} wins` : "The wheel says");
  const what = element("bdi", "prize", prize);
  what.dataset.size = prize.length <= 12 ? "big" : prize.length <= 30 ? "middle" : "small";
  plate.classList.add("winner");
  plate.replaceChildren(who, what);
}

/** The pointer gives way at each tick, and comes back. */
function flick(pointer, times, { ms }) {
  const length = ms / 1000;
  const frames = times.flatMap((time, index) => {
    const back = Math.min(time + 0.12, times[index + 1] ?? length, length);
    return [
      { offset: time / length, transform: "rotate(-16deg)" },
      { offset: back / length, transform: back - time < 0.1 ? "rotate(-8deg)" : "none" },
    ];
  });
  return pointer.animate([{ offset: 0, transform: "none" }, ...frames, { offset: 1, transform: "none" }], ms);
}

async function turnTo({ disc, pointer }, slices, spin, { notes, signal }) {
  const end = `rotate(${spin.degrees}deg)`;
  const frames = [{ transform: "rotate(0deg)" }, { transform: end }];
  const turning = disc.animate(frames, { duration: spin.ms, easing: EASING });
  turning.id = "spin";
  const times = ticks(slices, spin);
  const clicks = flick(pointer, times, spin);
  notes(times.map((at) => ({ at, pitch: 1250, length: 0.03, loud: 0.12 })));
  await until(turning.finished, signal);
  clicks.cancel();
  disc.style.transform = end;
}

async function celebrate(wheel, winner, { by, notes, signal }) {
  const won = `[data-index="${winner.index}"], [data-slice="${winner.index}"]`;
  wheel.node.classList.add("landed");
  wheel.disc.querySelectorAll(won).forEach((part) => part.classList.add("won"));
  proclaim(wheel, by, winner.name);
  burst(wheel.sparks, { count: 36, reach: 440 });
  notes(WIN.map((pitch, i) => ({ at: 0.1 + i * 0.09, pitch, length: 0.35, loud: 0.12 })));
  await enter(wheel.plate, SMALL, signal);
}

/** Ends when the wheel before it has left; the next one waits for this one. Also after the module was loaded anew. */
async function inTurn(stage, signal) {
  const before = globalThis[LAST] ?? Promise.resolve();
  const gone = new Promise((done) => {
    new MutationObserver((_, watch) => !stage.isConnected && done(watch.disconnect())).observe(stage.parentNode, { childList: true });
  });
  globalThis[LAST] = Promise.all([before, gone]);
  await until(before, signal);
}

const spins = new WeakMap();

/** The wheel comes. Returns the seconds that it turns. */
export async function prepare(stage, { slices, winner }, { by, signal }) {
  const divided = divide(slices, winner);
  if (divided === null) throw new Error("no wheel can be made of this");
  await Promise.all([inTurn(stage, signal), styled(stage, new URL("wheel.css", import.meta.url))]);
  const spin = plan(divided[winner]);
  const wheel = drawWheel(divided);
  const place = element("div", "wheels");
  spins.set(stage, { divided, spin, wheel });
  announce(wheel, by);
  place.append(wheel.node);
  stage.append(place);
  await enter(wheel.node, SMALL, signal);
  if (still()) wheel.disc.style.transform = `rotate(${spin.degrees}deg)`;
  return (still() ? STILL_MS : spin.ms) / 1000;
}

/** It turns and lands. Without motion it stands as it will end, and the winner follows. */
export async function play(stage, { winner }, options) {
  const { divided, spin, wheel } = spins.get(stage);
  if (still()) await pause(STILL_MS, options.signal);
  else await turnTo(wheel, divided, spin, options);
  await pause(still() ? 0 : BREATH_MS, options.signal);
  await celebrate(wheel, divided[winner], options);
}

/** It shows what was won, and goes. */
export async function leave(stage, data, { signal }) {
  await pause(SHOWN_MS, signal);
  await fade(spins.get(stage).wheel.node, SMALL, signal);
}
