// Small pictures drawn from grids of our own: '#' is a full square, '+' a dim one.

const GRIDS = {
  viewer: "..####.. .######. .######. ..####.. ........ .######. ######## ########",
  subscriber: "...##... ...##... ######## .######. ..####.. .######. .##..##. ##....##",
  moderator: "######## ###++### ##++++## ###++### ###++### .##++##. ..####.. ...##...",
  broadcaster: "........ #####..# #####.## #++##### #++##### #####.## #####..# ........",
  joystick: "...##... ..####.. ...##... ...##... ...##... .######. ######## ########",
  vip: "........ .######. ##+##+## ######## .######. ..####.. ...##... ........",
  bot: "...##... ######## #......# #.#..#.# #......# #.####.# ######## .##..##.",
  follow: "........ .##..##. ######## ######## .######. ..####.. ...##... ........",
  sub: "...##... ...##... ######## .######. ..####.. .######. .##..##. ##....##",
  resub: "...##... ..####.. ######## .######. ..####.. ..#..#.. #......# .######.",
  gift: ".##..##. ..####.. ######## +++##+++ ######## ###++### ###++### ###++###",
  gift3: ".##..##. ..####.. ######## +++##+++ ######## ###++### ###++### ###++###",
  upgrade: "...##... ..####.. .######. ######## ...##... ...##... ...##... ...##...",
  streak: "....#... ...##... ..###.#. .####.#. .##+###. ##+++##. ##+++##. .#####..",
  watchstreak: "....#... ...##... ..###.#. .####.#. .##+###. ##+++##. ##+++##. .#####..",
  hype_train: ".##..... .##.###. .##.#+#. ######## ######## ######## .##..##. .##..##.",
  hypetrain: ".##..... .##.###. .##.#+#. ######## ######## ######## .##..##. .##..##.",
  power_up: "....##.. ...##... ..##.... .######. ....##.. ...##... ..##.... .##.....",
  cheer: "...##... ..####.. ..#++#.. .##++##. .#++++#. ##++++## .######. ...##...",
  tip: "..####.. .######. ##++++## ##+..+## ##+..+## ##++++## .######. ..####..",
  enter: "...##### .......# ..#....# ..##...# ######.# ..##...# ..#....# ...#####",
  wheelclaim: "..#..#.. .#+##+#. #++##++# .######. .######. #++##++# .#+##+#. ..#..#..",
  raid: "#...#... ##..##.. .##..##. ..##..## ..##..## .##..##. ##..##.. #...#...",
  level: "...##... ..####.. .##..##. ##.##.## #.####.# .##..##. ##....## #......#",
  coin: "..####.. .######. ##++#### ##+##### ##+##### ######## .######. ..####..",
  plus: "........ ...##... ...##... .######. .######. ...##... ...##... ........",
  tts: "........ .######. ######## #.#.#.## ######## .######. .##..... .#......",
  sound: "...##### ...##### ...#...# ...#...# ...#...# .###.### .###.### ........",
  pixel: "...#.... ...#.... ..###... #######. ..###.#. ...#.### ...#..#. ........",
  clip: "#.#.#.#. ######## #++++++# #+++#++# #+++##+# #+++#++# ######## .#.#.#.#",
  star: "...##... ...##... ..####.. ######## .######. ..####.. .##..##. .#....#.",
  stream: "#......# #..##..# #.####.# #.####.# #.####.# #..##..# #......# ........",
  points: "..####.. .#....#. #..##..# #...##.# #...##.# #......# .#....#. ..####..",
  speaker: "...#.... ..##..#. ####.#.# ####.#.# ####.#.# ####.#.# ..##..#. ...#....",
  pause: "........ .##..##. .##..##. .##..##. .##..##. .##..##. .##..##. ........",
  cross: "#......# .#....#. ..#..#.. ...##... ...##... ..#..#.. .#....#. #......#",
  clock: "..####.. .#..#.#. #...#..# #...#..# #...##.# #......# .#....#. ..####..",
  replay: "##...... ###..... #####... #######. #######. #####... ###..... ##......",
};

const SVG = "http://www.w3.org/2000/svg";

function make(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** Squares of one kind in a grid as one path, runs merged. */
function path(width, height, wanted) {
  let d = "";
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let run = 0;
      while (x + run < width && wanted(x + run, y)) run++;
      if (run) {
        d += `M${x} ${y}h${run}v1h-${run}z`;
        x += run;
      }
    }
  }
  return d;
}

/** An icon by name. With a label it speaks, without one it is decoration. */
export function icon(name, label = "") {
  const rows = (GRIDS[name] || GRIDS.viewer).split(" ");
  const svg = make("svg", { class: "px", viewBox: "0 0 8 8" });
  if (label) {
    svg.setAttribute("role", "img");
    svg.append(make("title", {}));
    svg.firstChild.textContent = label;
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  const full = path(8, 8, (x, y) => rows[y][x] === "#");
  const dim = path(8, 8, (x, y) => rows[y][x] === "+");
  svg.append(make("path", { d: full }));
  if (dim) svg.append(make("path", { d: dim, "fill-opacity": "0.5" }));
  return svg;
}

// The backdrop: a quiet evening in a game that does not exist, 160 by 90 squares.
const W = 160;
const H = 90;
const INK = [
  "#1a2238", "#202a45", "#283353", "#343d63", "#454a73", "#5a5780", // sky, top to horizon
  "#8f93b8", "#d9d7e8", "#b9b8d4", // far star, moon, its shadow
  "#2e3760", "#252d50", // mountains
  "#1f3a48", "#1a303f", // trees
  "#4f8a67", "#376a54", "#3b3347", "#322b3d", "#463d54", // grass, its shade, earth, dark earth, stones
  "#6a5b78", "#544762", "#e0b04f", "#d9566b", // ledges, coins, hearts
];

const CRATERS = [[-3, -2, 5], [3, 3, 2], [3, -4, 0], [-2, 5, 2], [6, 0, 0]]; // on the moon: x, y, size

function paint() {
  const grid = new Uint8Array(W * H);
  const set = (x, y, colour) => {
    if (x >= 0 && x < W && y >= 0 && y < H) grid[y * W + x] = colour;
  };
  const box = (x, y, w, h, colour) => {
    for (let j = y; j < y + h; j++) for (let i = x; i < x + w; i++) set(i, j, colour);
  };
  const stamp = (x, y, rows, colour) =>
    rows.forEach((row, j) => [...row].forEach((c, i) => c === "#" && set(x + i, y + j, colour)));
  const noise = (x, y) => ((((x * 374761393 + y * 668265263) >>> 0) % 1013) * 7919) % 997;

  for (let y = 0; y < H; y++) {
    const band = Math.min(5, Math.floor(y / 13));
    const near = y % 13 >= 11 && band < 5;
    for (let x = 0; x < W; x++) set(x, y, near && (x + y) % 2 ? band + 1 : band);
  }
  for (let i = 0; i < 46; i++) set(noise(i, 3) % W, noise(i, 11) % 40, i % 4 ? 4 : 6);

  for (let y = -8; y <= 8; y++) {
    for (let x = -8; x <= 8; x++) {
      if (x * x + y * y < 66) set(126 + x, 23 + y, CRATERS.some(([a, b, r]) => (x - a) ** 2 + (y - b) ** 2 <= r) ? 8 : 7);
    }
  }

  for (let x = 0; x < W; x++) {
    const far = 52 - Math.abs(((x + 12) % 54) - 27) * 0.7 - 3 * Math.sin(x / 9);
    const close = 62 - Math.abs(((x + 40) % 70) - 35) * 0.45 - 2 * Math.sin(x / 6);
    box(x, Math.floor(far / 2) * 2, 1, H, 9);
    box(x, Math.floor(close / 2) * 2, 1, H, 10);
  }
  for (let i = 0; i < 22; i++) {
    const x = i * 8 + (noise(i, 5) % 5) - 4;
    const top = 56 + (noise(i, 7) % 8);
    for (let j = 0; j < 20; j++) box(x + 4 - Math.min(4, 1 + (j >> 1)), top + j, Math.min(8, 2 + (j >> 1) * 2), 1, i % 2 ? 11 : 12);
  }

  for (let x = 0; x < W; x += 8) {
    const top = x >= 96 && x < 128 ? 72 : x < 24 ? 70 : 76;
    box(x, top, 8, H, 15);
    box(x, top, 8, 2, 13);
    for (let i = 0; i < 8; i++) box(x + i, top + 2, 1, 1 + (noise(x + i, 1) % 3 === 0), 14);
    for (let i = 0; i < 5; i++) {
      const y = top + 6 + (noise(x, i) % 14);
      box(x + (noise(i, x) % 6), y, 2 + (i % 2), 1, i % 3 ? 16 : 17);
    }
  }

  for (const [x, y, n] of [[34, 50, 4], [70, 42, 3], [132, 54, 3]]) {
    for (let i = 0; i < n; i++) {
      box(x + i * 7, y, 6, 4, 19);
      box(x + i * 7, y, 6, 1, 18);
      stamp(x + i * 7 + 1, y - 8, [".##.", "####", "####", "####", ".##."], 20);
    }
  }
  for (let i = 0; i < 3; i++) stamp(6 + i * 9, 6, [".#.#.", "#####", "#####", ".###.", "..#.."], 21);
  stamp(144, 6, [".###.", "#####", "#####", "#####", ".###."], 20);
  return grid;
}

/** The backdrop as one SVG, one path for each colour. */
export function backdrop() {
  const grid = paint();
  const svg = make("svg", {
    viewBox: `0 0 ${W} ${H}`,
    preserveAspectRatio: "xMidYMid slice",
    "shape-rendering": "crispEdges",
  });
  INK.forEach((fill, index) => {
    const d = path(W, H, (x, y) => grid[y * W + x] === index);
    if (d) svg.append(make("path", { d, fill }));
  });
  return svg;
}
