// Numbers that count up, and a word on whether things may move at all.

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const shown = new WeakMap();
const whole = new Intl.NumberFormat("en-US");

export const still = () => calm.matches;
export const number = (value) => whole.format(value).replace("-", "\u2212");
export const signed = (value) => (value > 0 ? "+" : "") + number(value);

/** Counts from what the element shows to `value` in 600 ms; `jump` sets it at once. */
export function count(element, value, jump = false) {
  const state = shown.get(element) || { now: 0, goal: 0, frame: 0 };
  shown.set(element, state);
  if (state.goal === value && !jump && state.frame) return;
  cancelAnimationFrame(state.frame);
  state.frame = 0;
  state.goal = value;
  const from = state.now;
  const write = (next) => {
    state.now = next;
    element.textContent = number(next);
  };
  if (jump || still() || from === value || document.hidden) return write(value);
  const begin = performance.now();
  const step = (at) => {
    const part = Math.min(1, Math.max(0, (at - begin) / 600));
    const eased = 1 - (1 - part) ** 3;
    write(part === 1 ? value : Math.round(from + (value - from) * eased));
    state.frame = part < 1 ? requestAnimationFrame(step) : 0;
  };
  state.frame = requestAnimationFrame(step);
}

/** element.animate, but never when the person asked for stillness. */
export function move(element, frames, options) {
  if (still() || !element.animate) return null;
  return element.animate(frames, options);
}
