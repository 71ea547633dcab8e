// Names on slices: on one line or two, from the rim inwards, as large as the slice allows; the longest get an ellipsis.

import { svg } from "/static/overlay/kit.js";

const SMALLEST = 28;
const LARGEST = 40;
const SIZES = [LARGEST, 36, 32, SMALLEST];
const LEADING = 1.1;
// The height of a line of capitals with its outline, as a part of the type size.
const HEIGHT = 0.95;

const pen = document.createElement("canvas").getContext("2d");
const graphemes = new Intl.Segmenter();

function width(text, size, family) {
  pen.font = `700 ${size}px ${family}`;
  return pen.measureText(text).width;
}

/** How long lines of that size may be, so many above one another, between the rim and where the slice gets too thin. */
function space({ from, to }, room, size, lines) {
  const half = (((to - from) / 2) * Math.PI) / 180;
  const high = size * (HEIGHT + LEADING * (lines - 1));
  const thin = half >= Math.PI / 2 ? 0 : high / 2 / Math.tan(half);
  return room.outer - Math.max(room.inner, thin);
}

/** The words on two lines, cut where the longer one is shortest; null for a single word. */
function halves(text, size, family) {
  const words = text.split(/\s+/);
  const longer = (pair) => Math.max(...pair.map((line) => width(line, size, family)));
  const pairs = words.slice(1).map((_, i) => [words.slice(0, i + 1).join(" "), words.slice(i + 1).join(" ")]);
  return pairs.sort((a, b) => longer(a) - longer(b))[0] || null;
}

/** The text with an ellipsis, or nothing where hardly anything would be left of it. */
function shortened(text, most, family) {
  const letters = [...graphemes.segment(text)].map(({ segment }) => segment);
  const cut = () => `${letters.join("").trimEnd()}\u2026`;
  while (letters.length && width(cut(), SMALLEST, family) > most) letters.pop();
  return letters.length >= 3 ? [cut()] : [];
}

function lay(slice, room, family) {
  const fits = (lines, size) =>
    lines !== null && lines.every((line) => width(line, size, family) <= space(slice, room, size, lines.length));
  for (const size of SIZES) {
    if (fits([slice.name], size)) return { size, lines: [slice.name] };
    const pair = halves(slice.name, size, family);
    if (fits(pair, size)) return { size, lines: pair };
  }
  return { size: SMALLEST, lines: shortened(slice.name, space(slice, room, SMALLEST, 1), family) };
}

/** Text nodes for a slice; `room` has the radii `inner` and `outer` between which there is place. */
export function label(slice, room, family) {
  const { size, lines } = lay(slice, room, family);
  const turn = ((slice.from + slice.to) / 2 - 90).toFixed(3);
  return lines.map((line, index) => {
    const node = svg("text", {
      class: "wheel-label",
      x: room.outer,
      y: ((index - (lines.length - 1) / 2) * size * LEADING).toFixed(2),
      transform: `rotate(${turn})`,
      "font-size": size,
      "text-anchor": "end",
      "dominant-baseline": "central",
    });
    node.dataset.slice = String(slice.index);
    node.textContent = line;
    return node;
  });
}
