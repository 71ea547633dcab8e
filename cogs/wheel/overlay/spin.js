// The numbers of a spin: where it ends, how it slows down, and when each slice passes the pointer.

/** Slow to start, then a long way out; the same curve as CSS draws and as the ticks are counted. */
export const CURVE = [0.3, 0.05, 0.12, 1];
export const EASING = `cubic-bezier(${CURVE.join(", ")})`;

const TURNS = 6;
const SHORTEST_MS = 5000;
const LONGEST_MS = 6600;
// Faster ones would be a buzz.
const CLOSEST_TICKS = 0.045;

/**
 * Slices with `from` and `to`, degrees clockwise from the top, sized by weight.
 * Returns null where the list or the winner makes no wheel.
 */
export function divide(slices, winner) {
  const weighed = (slice) => Number.isFinite(slice?.weight) && slice.weight >= 0;
  if (!Array.isArray(slices) || !slices.every(weighed)) return null;
  const total = slices.reduce((sum, { weight }) => sum + weight, 0);
  if (!Number.isFinite(total) || !(slices[winner]?.weight > 0)) return null;
  let at = 0;
  return slices.map(({ name, weight }, index) => {
    const from = at;
    at += (weight / total) * 360;
    return { index, name: String(name ?? "").trim(), from, to: at };
  });
}

/** A spin that ends with a random place of the slice's middle 80% at the top: {degrees, ms}. */
export function plan({ from, to }, random = Math.random) {
  const place = from + (to - from) * (0.1 + 0.8 * random());
  return { degrees: TURNS * 360 - place, ms: SHORTEST_MS + (LONGEST_MS - SHORTEST_MS) * random() };
}

function bezier(a, b, t) {
  return 3 * a * t * (1 - t) ** 2 + 3 * b * t ** 2 * (1 - t) + t ** 3;
}

/** The part of the time, 0 to 1, after which the part `way` of the rotation is done. */
export function timeAt(way) {
  const [x1, y1, x2, y2] = CURVE;
  let [low, high] = [0, 1];
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    if (bezier(y1, y2, middle) < way) low = middle;
    else high = middle;
  }
  return bezier(x1, x2, (low + high) / 2);
}

/** Seconds at which an edge between two slices passes the pointer. */
export function ticks(slices, { degrees, ms }) {
  const edges = slices.filter(({ from, to }) => to > from).map(({ from }) => (360 - from) % 360);
  const ways = [];
  for (let turn = 0; turn * 360 < degrees; turn++) ways.push(...edges.map((edge) => edge + turn * 360));
  const times = ways
    .filter((way) => way > 0 && way <= degrees)
    .sort((a, b) => a - b)
    .map((way) => (timeAt(way / degrees) * ms) / 1000);
  let last = -1;
  return times.filter((time) => {
    if (time - last < CLOSEST_TICKS) return false;
    last = time;
    return true;
  });
}
