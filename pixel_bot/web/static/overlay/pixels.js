// Squares: rings and small pictures of the overlay as SVG paths.

const SVG = "http://www.w3.org/2000/svg";
const NOTE = "...##### ...##### ...#...# ...#...# ...#...# .###.### .###.### ........";

export function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** One path of all squares of a grid that are `wanted(x, y)`, runs merged. */
export function squares(width, height, wanted) {
  let d = "";
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let run = 0;
      while (x + run < width && wanted(x + run, y)) run++;
      if (run) d += `M${x} ${y}h${run}v1h-${run}z`;
      x += run;
    }
  }
  return d;
}

/** A small picture of letters, each a square of its colour. */
export function picture(rows, colours, className) {
  const [width, height] = [rows[0].length, rows.length];
  const paths = Object.entries(colours).map(([letter, fill]) =>
    svg("path", { fill, d: squares(width, height, (x, y) => rows[y][x] === letter) }),
  );
  return svg("svg", { class: className, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, ...paths);
}

export const note = () => picture(NOTE.split(" "), { "#": "currentColor" }, "px");

/** A ring of squares around 0,0: `from` and `to` are radii, `step` is the side of a square. */
export function ring(from, to, step, fill) {
  const half = Math.ceil(to / step);
  const far = (x, y) => Math.hypot(x + 0.5 - half, y + 0.5 - half) * step;
  const d = squares(half * 2, half * 2, (x, y) => far(x, y) >= from && far(x, y) < to);
  return svg("path", { d, fill, transform: `scale(${step}) translate(${-half} ${-half})` });
}
