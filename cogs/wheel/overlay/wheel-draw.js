// The wheel as SVG: 1 unit is 1 px of a 1080p stream, 0,0 is the hub, slices go clockwise from the top.

import { element, picture, ring, svg } from "/static/overlay/kit.js";
import { label } from "./labels.js";

const RADIUS = 312;
const SIZE = 704;
const RIM = 344;
const HUB = 76;
const ROOM = { inner: HUB + 10, outer: RADIUS - 26 };
const STEP = 8;
const BULBS = 24;

// Eight hues of OKLCH lightness 0.606, 45 degrees apart from the accent on, each as strong as sRGB allows. They stand
// three steps apart here, so that neighbours are never alike.
const HUES = ["#8b5cf6", "#b57001", "#01939d", "#ce3aaf", "#838903", "#0086dd", "#e82d3f", "#029a5f"];

/** A slice's colour; the last one of 9, 17... would meet its like across the top. */
function hue(index, count) {
  return HUES[index > 0 && index === count - 1 && index % HUES.length === 0 ? 3 : index % HUES.length];
}

const POINTER = [
  ".kkkkkkkk.",
  "kggggggggk",
  "kgwgggggdk",
  "kgwgggggdk",
  "kggggggddk",
  ".kgggggdk.",
  "..kgggdk..",
  "..kggddk..",
  "...kgdk...",
  "....kk....",
];
const POINTER_COLOURS = { k: "#14121f", g: "#ffc857", w: "#fff1c9", d: "#d99a2b" };

const around = (degrees, radius) => {
  const angle = ((degrees - 90) * Math.PI) / 180;
  return `${(Math.cos(angle) * radius).toFixed(3)} ${(Math.sin(angle) * radius).toFixed(3)}`;
};

function outline({ from, to }) {
  const arc = (end, large) => `A${RADIUS} ${RADIUS} 0 ${large} 1 ${around(end, RADIUS)}`;
  // One arc cannot go all the way round.
  if (to - from > 359.99) return `M${around(0, RADIUS)}${arc(180, 0)}${arc(360, 0)}z`;
  return `M0 0L${around(from, RADIUS)}${arc(to, to - from > 180 ? 1 : 0)}z`;
}

function slicePath(slice, count) {
  const path = svg("path", { class: "slice", d: outline(slice), fill: hue(slice.index, count) });
  path.dataset.name = slice.name;
  path.dataset.index = String(slice.index);
  return path;
}

function spoke({ from, to }) {
  const thick = Math.min(4, ((to - from) * Math.PI * RADIUS) / 180 / 6);
  return svg("path", { class: "spoke", d: `M0 0L${around(from, RADIUS)}`, "stroke-width": thick.toFixed(2) });
}

function box(className, ...children) {
  const half = SIZE / 2;
  return svg("svg", { class: className, viewBox: `${-half} ${-half} ${SIZE} ${SIZE}` }, ...children);
}

/** The part that turns. */
function disc(slices, family) {
  const drawn = slices.filter(({ from, to }) => to > from);
  const paths = drawn.map((slice) => slicePath(slice, slices.length));
  const spokes = drawn.length > 1 ? drawn.map(spoke) : [];
  const labels = drawn.flatMap((slice) => label(slice, ROOM, family));
  return box("wheel-disc", svg("circle", { r: RADIUS, fill: "#14121f" }), ...paths, ...spokes, ...labels);
}

function bulbs(odd) {
  const group = svg("g", { class: `wheel-bulbs bulbs-${odd}` });
  for (let i = odd; i < BULBS; i += 2) {
    const [x, y] = around((i * 360) / BULBS, (RADIUS + RIM) / 2 - 2).split(" ");
    const snap = (value) => Math.round(value / 4) * 4 - 8;
    group.append(svg("rect", { x: snap(x), y: snap(y), width: 16, height: 16 }));
  }
  return group;
}

/** What stands still around and in the middle of it. */
function frame() {
  const face = svg("image", { href: "/static/mascot.svg", x: -40, y: -40, width: 80, height: 80 });
  const rim = [
    ring(RADIUS - 12, RIM, STEP, "#14121f"),
    ring(RADIUS - 4, RIM - 8, STEP, "#4a2a9c"),
    ring(RADIUS + 12, RIM - 8, STEP, "#6d3fd1"),
  ];
  const hub = [ring(0, HUB, STEP, "#14121f"), ring(0, HUB - 8, STEP, "#6d3fd1"), ring(0, HUB - 16, STEP, "#282440")];
  return box("wheel-frame", ...rim, bulbs(0), bulbs(1), ...hub, face);
}

/** A whole wheel, to be put on the page: {node, disc, pointer, sparks, plate}. */
export function drawWheel(slices) {
  const node = element("div", "wheel");
  const round = element("div", "wheel-round");
  const sparks = element("div", "wheel-sparks");
  const plate = element("div", "card wheel-plate");
  const turning = disc(slices, getComputedStyle(document.body).fontFamily);
  const hand = picture(POINTER, POINTER_COLOURS, "wheel-pointer");
  round.append(turning, frame(), hand);
  node.append(round, sparks, plate);
  return { node, disc: turning, pointer: hand, sparks, plate };
}
