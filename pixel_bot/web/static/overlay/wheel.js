// A spin of the wheel: it comes, turns, lands on what the bot has drawn, shows it, and leaves.

import { burst, enter, leave, pause, SMALL, still, until } from "./motion.js";
import { Cut } from "./effect-runner.js";
import { divide, EASING, plan, ticks } from "./spin.js";
import { element, words } from "./text.js";
import { drawWheel } from "./wheel-draw.js";

const BREATH_MS = 300;
const STILL_MS = 1200;
const SHOWN_MS = 3000;
const WIN = [523.25, 659.25, 783.99, 1046.5];

function announce({ plate }, by) {
  plate.append(...(words(by) ? [element("bdi", "who", words(by)), " spins the wheel"] : ["The wheel spins"]));
}

function proclaim({ plate }, by, prize) {
  const who = element("bdi", "who", words(by) ? `${words(by)} wins` : "The wheel says");
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

async function turnTo({ disc, pointer }, slices, spin, turn, sound) {
  const end = `rotate(${spin.degrees}deg)`;
  turn.started(spin.ms / 1000);
  const frames = [{ transform: "rotate(0deg)" }, { transform: end }];
  const turning = disc.animate(frames, { duration: spin.ms, easing: EASING });
  turning.id = "spin";
  const times = ticks(slices, spin);
  const clicks = flick(pointer, times, spin);
  sound.notes(times.map((at) => ({ at, pitch: 1250, length: 0.03, loud: 0.12 })), turn.signal);
  await until(turning.finished, turn.signal);
  clicks.cancel();
  disc.style.transform = end;
}

/** Without motion: the wheel stands as it will end, and the winner follows. */
async function standAt({ disc }, spin, turn) {
  disc.style.transform = `rotate(${spin.degrees}deg)`;
  turn.started(STILL_MS / 1000);
  await pause(STILL_MS, turn.signal);
}

async function celebrate(wheel, winner, by, turn, sound) {
  const won = `[data-index="${winner.index}"], [data-slice="${winner.index}"]`;
  wheel.node.classList.add("landed");
  wheel.disc.querySelectorAll(won).forEach((part) => part.classList.add("won"));
  proclaim(wheel, by, winner.name);
  burst(wheel.sparks, { count: 36, reach: 440 });
  sound.notes(WIN.map((pitch, i) => ({ at: 0.1 + i * 0.09, pitch, length: 0.35, loud: 0.12 })), turn.signal);
  await enter(wheel.plate, SMALL, turn.signal);
}

async function spinOnce({ slices, winner, by }, turn, { wheels, sound }) {
  const divided = divide(slices, winner);
  if (divided === null) throw new Cut("error", "no wheel can be made of this");
  const spin = plan(divided[winner]);
  const wheel = drawWheel(divided);
  try {
    announce(wheel, by);
    wheels.append(wheel.node);
    await enter(wheel.node, SMALL, turn.signal);
    if (still()) await standAt(wheel, spin, turn);
    else await turnTo(wheel, divided, spin, turn, sound);
    await pause(still() ? 0 : BREATH_MS, turn.signal);
    await celebrate(wheel, divided[winner], by, turn, sound);
    turn.finished();
    await pause(SHOWN_MS, turn.signal);
    await leave(wheel.node, SMALL, turn.signal);
  } finally {
    wheel.node.remove();
  }
}

/** One spin at a time; the next one waits until the wheel has left. */
export function wheelEffect(scene) {
  let before = Promise.resolve();
  return async (item, turn) => {
    const mine = until(before, turn.signal).then(() => spinOnce(item, turn, scene));
    before = Promise.allSettled([before, mine]);
    await mine;
  };
}
