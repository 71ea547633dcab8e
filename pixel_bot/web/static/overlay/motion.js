// How things come and go: 250 ms in, 200 ms out, only transform and opacity. Nothing runs while nothing happens.

import { still } from "../motion.js";

export { still };

const ENTER = { duration: 250, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" };
const LEAVE = { duration: 200, easing: "cubic-bezier(0.6, 0, 0.8, 0.4)", fill: "forwards" };
const COLOURS = ["#8b5cf6", "#ffc857", "#2dd4bf", "#ff5d73", "#f4f1ff"];

export const BELOW = "translateY(calc(var(--u) * 24))";
export const ABOVE = "translateY(calc(var(--u) * -24))";
export const SMALL = "scale(0.9)";

/** The promise, unless the signal aborts first: then the signal's reason is thrown. */
export function until(promise, signal) {
  return new Promise((resolve, reject) => {
    const cut = () => reject(signal.reason);
    if (signal.aborted) return cut();
    signal.addEventListener("abort", cut, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", cut));
  });
}

/** So many milliseconds; throws the signal's reason when it aborts meanwhile. */
export async function pause(ms, signal) {
  let timer = 0;
  try {
    await until(new Promise((done) => (timer = setTimeout(done, ms))), signal);
  } finally {
    clearTimeout(timer);
  }
}

const frames = (away) => [
  { opacity: 0, transform: still() ? "none" : away },
  { opacity: 1, transform: "none" },
];

export function enter(node, away, signal) {
  return until(node.animate(frames(away), ENTER).finished, signal);
}

/** Fades a node out and removes it. In a column it leaves the flow first, so that the others need not wait. */
export async function leave(node, away, signal) {
  const fading = node.animate(frames(away).reverse(), LEAVE);
  try {
    await until(fading.finished, signal);
  } finally {
    node.remove();
  }
}

/** EffectRunner `change` on a column's children; those whose place moves glide there. */
export function rearrange(column, change) {
  const before = new Map([...column.children].map((child) => [child, child.offsetTop]));
  change();
  if (still()) return;
  for (const child of column.children) {
    const way = (before.get(child) ?? child.offsetTop) - child.offsetTop;
    if (way) child.animate([{ transform: `translateY(${way}px)` }, { transform: "none" }], ENTER);
  }
}

/** Takes a node out of the flow without moving it. */
export function pin(node) {
  if (node.style.position) return;
  const { offsetLeft, offsetTop, offsetWidth } = node;
  const place = { left: `${offsetLeft}px`, top: `${offsetTop}px`, width: `${offsetWidth}px` };
  Object.assign(node.style, { position: "absolute", ...place });
}

/** Squares that fly from the middle of a node, as far as `reach` (in u), and fall. */
export function burst(node, { count, reach }) {
  if (still()) return;
  for (let i = 0; i < count; i++) {
    const bit = document.createElement("i");
    bit.className = `bit bit-${i % 3}`;
    bit.style.background = COLOURS[i % COLOURS.length];
    const angle = ((i + Math.random()) / count) * 2 * Math.PI;
    const x = Math.cos(angle) * reach * (0.5 + Math.random() * 0.5);
    const y = Math.sin(angle) * reach * (0.3 + Math.random() * 0.4) - reach * 0.2;
    const at = (dx, dy) => `translate(calc(var(--u) * ${dx.toFixed(1)}), calc(var(--u) * ${dy.toFixed(1)}))`;
    node.prepend(bit);
    const flight = bit.animate(
      [
        { transform: at(0, 0), opacity: 1, easing: "cubic-bezier(0.1, 0.7, 0.4, 1)" },
        { transform: at(x, y), opacity: 1, offset: 0.45, easing: "cubic-bezier(0.5, 0, 0.9, 0.6)" },
        { transform: at(x * 1.15, y + reach * 0.5), opacity: 0 },
      ],
      { duration: 1100 + Math.random() * 500 },
    );
    flight.finished.catch(() => undefined).then(() => bit.remove());
  }
}
