// Colours, dashes and markers: the same for a method as in every figure, and never colour alone.

const root = document.documentElement;
const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const isDark = () =>
  (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const luminance = (colour) => {
  const [r, g, b] = colour.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

/** A method's colour; on a dark page as much lighter as it takes to be seen. */
function colourOf(look, alpha = 1) {
  let colour = rgb(look[0]);
  if (isDark()) while (luminance(colour) < 0.13) colour = colour.map((v) => v + (255 - v) * 0.12 + 1);
  return `rgb(${colour.map(Math.round).join(" ")} / ${alpha})`;
}

/** The path of a marker, named as matplotlib names them. */
function markerPath(marker, x, y, r) {
  const path = new Path2D();
  const polygon = (corners, turn, inner) => {
    for (let i = 0; i < corners; i++) {
      const angle = turn + (2 * Math.PI * i) / corners;
      const radius = inner && i % 2 ? r * inner : r;
      path[i ? "lineTo" : "moveTo"](x + radius * Math.sin(angle), y - radius * Math.cos(angle));
    }
    path.closePath();
  };
  const cross = (turn, width = 0.38) => {
    const w = r * width,
      corners = [
        [-w, -r],
        [w, -r],
        [w, -w],
        [r, -w],
        [r, w],
        [w, w],
        [w, r],
        [-w, r],
        [-w, w],
        [-r, w],
        [-r, -w],
        [-w, -w],
      ];
    corners.forEach(([a, b], i) =>
      path[i ? "lineTo" : "moveTo"](
        x + a * Math.cos(turn) - b * Math.sin(turn),
        y + a * Math.sin(turn) + b * Math.cos(turn),
      ),
    );
    path.closePath();
  };
  const shapes = {
    s: () => polygon(4, Math.PI / 4),
    "^": () => polygon(3, 0),
    v: () => polygon(3, Math.PI),
    ">": () => polygon(3, Math.PI / 2),
    D: () => polygon(4, 0),
    d: () => polygon(4, 0),
    P: () => cross(0),
    X: () => cross(Math.PI / 4),
    "+": () => cross(0, 0.15),
    x: () => cross(Math.PI / 4, 0.15),
    1: () => polygon(6, Math.PI, 0.2),
    2: () => polygon(6, 0, 0.2),
    3: () => polygon(6, -Math.PI / 2, 0.2),
    4: () => polygon(6, Math.PI / 2, 0.2),
    "|": () => path.rect(x - r * 0.15, y - r, r * 0.3, 2 * r),
    _: () => path.rect(x - r, y - r * 0.15, 2 * r, r * 0.3),
    ".": () => path.arc(x, y, r * 0.5, 0, 2 * Math.PI),
    H: () => polygon(6, Math.PI / 6),
    h: () => polygon(6, 0),
    8: () => polygon(8, Math.PI / 8),
    p: () => polygon(5, 0),
    "*": () => polygon(10, 0, 0.45),
  };
  if (shapes[marker]) shapes[marker]();
  else if (marker) path.arc(x, y, r * 0.85, 0, 2 * Math.PI);
  return path;
}

/** A small drawing of a line: colour, dashes and marker. */
function swatch(look, width = 34) {
  const canvas = el("canvas", { class: "swatch", "aria-hidden": "true" });
  canvas.look = look;
  paintSwatch(canvas, width);
  return canvas;
}

function paintSwatch(canvas, width = 34) {
  const ratio = Math.max(1, devicePixelRatio || 1),
    [, marker, dashes] = canvas.look;
  canvas.width = width * ratio;
  canvas.height = 14 * ratio;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.strokeStyle = context.fillStyle = colourOf(canvas.look);
  context.lineWidth = 2;
  context.setLineDash(dashes.map((v) => v * 2));
  context.beginPath();
  context.moveTo(1, 7);
  context.lineTo(width - 1, 7);
  context.stroke();
  context.fill(markerPath(marker, width / 2, 7, 5));
}

const VIRIDIS = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
];
function viridis(share) {
  const at = Math.max(0, Math.min(0.9999, share)) * (VIRIDIS.length - 1),
    low = Math.floor(at);
  return `rgb(${VIRIDIS[low].map((v, i) => Math.round(v + (VIRIDIS[low + 1][i] - v) * (at - low))).join(" ")})`;
}
