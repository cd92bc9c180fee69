// Drawing a map on a canvas: voxels in perspective, or cells of distance from the axis and height.

const view = { turn: 0.7, tilt: 0.42, zoom: 1, ...choices.get("view", {}) };

function prepared(canvas) {
  const ratio = Math.max(1, devicePixelRatio || 1),
    width = canvas.clientWidth,
    height = canvas.clientHeight;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.font = `12px ${css("--sans")}`;
  context.lineJoin = "round";
  return { context, width, height };
}

/** A colour of the scale, darker by a factor: the sides of a cube. */
const shaded = (colour, factor) => colour.replace(/\d+/g, (value) => Math.round(value * factor));

/** Where points of space are on the canvas, from afar: across, down, and how far behind the middle. */
function projection(map, width, height) {
  const { cells, size } = map,
    heights = cells.map((cell) => cell.z);
  const middle = (Math.max(...heights) + Math.min(...heights)) / 2;
  const far = Math.max(...cells.map((cell) => Math.hypot(cell.x, cell.y, cell.z - middle))) + size;
  const scale = (view.zoom * Math.min(width, height)) / 2 / far;
  const [ct, st, cp, sp] = [Math.cos(view.turn), Math.sin(view.turn), Math.cos(view.tilt), Math.sin(view.tilt)];
  const at = (x, y, z) => {
    const across = x * ct - y * st,
      away = x * st + y * ct,
      up = z - middle;
    return [width / 2 + across * scale, height / 2 - (up * cp + away * sp) * scale, away * cp - up * sp];
  };
  return { at, far, scale };
}

/** The faces of a cube that are seen: their corners around the middle [pixel], and how light they are. */
function visibleFaces({ at }, half) {
  const origin = at(0, 0, 0),
    corner = (...steps) => at(...steps.map((step) => step * half)).map((v, i) => v - origin[i]);
  const faces = [];
  for (const axis of [0, 1, 2])
    for (const side of [-1, 1]) {
      const normal = [0, 0, 0];
      normal[axis] = side;
      if (corner(...normal)[2] >= -1e-9) continue;
      const ring = [
        [-1, -1],
        [1, -1],
        [1, 1],
        [-1, 1],
      ].map(([a, b]) => {
        const steps = [a, b];
        steps.splice(axis, 0, side);
        return corner(...steps);
      });
      faces.push({ ring, light: axis === 2 ? 1 : axis === 0 ? 0.84 : 0.7 });
    }
  return faces;
}

/** Draws voxels as cubes; returns the drawn ones, in front first, for the pointer. */
function drawSolid(canvas, map, { statistic, share, cut, open }) {
  const { context, width, height } = prepared(canvas),
    project = projection(map, width, height),
    { at, far, scale } = project;
  const line = (points, colour) => {
    context.strokeStyle = colour;
    context.beginPath();
    points.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](x, y));
    context.stroke();
  };
  const round = Math.max(...map.cells.map((cell) => Math.hypot(cell.x, cell.y))) + map.size;
  line(
    [...Array(73).keys()].map((i) => at(round * Math.cos((i * Math.PI) / 36), round * Math.sin((i * Math.PI) / 36), 0)),
    css("--line"),
  );
  const faces = visibleFaces(project, map.size * 0.46),
    behind = at(0, 0, 0)[2];
  const placed = map.cells
    .filter((cell) => cell[statistic] >= cut)
    .map((cell) => ({ cell, at: at(cell.x, cell.y, cell.z) }))
    .filter((each) => !open || each.at[2] >= behind - map.size * 0.25)
    .sort((a, b) => b.at[2] - a.at[2]);
  context.lineWidth = 0.5;
  for (const {
    cell,
    at: [x, y],
  } of placed) {
    const colour = viridis(share(cell[statistic]));
    for (const { ring, light } of faces) {
      context.fillStyle = context.strokeStyle = shaded(colour, light);
      context.beginPath();
      ring.forEach(([dx, dy], i) => context[i ? "lineTo" : "moveTo"](x + dx, y + dy));
      context.closePath();
      context.fill();
      context.stroke();
    }
  }
  context.lineWidth = 1.25;
  context.fillStyle = css("--fg");
  for (const [name, ...direction] of [
    ["x", 1, 0, 0],
    ["y", 0, 1, 0],
    ["z", 0, 0, 1],
  ]) {
    const end = at(...direction.map((v) => v * round * 1.08));
    if (name !== "z") line([at(...direction.map((v) => v * round * 0.98)), end], css("--soft"));
    if (name !== "z") context.fillText(name, end[0] - 3, end[1] + 4);
  }
  context.fillText(`base at the ring's middle, ring ${shown.short(2 * round)} m wide`, 8, height - 8);
  return placed.reverse().map(({ cell, at: [x, y] }) => ({ cell, x, y, half: (map.size * scale) / 2 }));
}

/** Draws the cells of records that know distance from the axis and height alone. */
function drawFlat(canvas, map, { statistic, share, cut }) {
  const { context, width, height } = prepared(canvas),
    { cells, size } = map;
  const far = Math.max(...cells.map((c) => c.radius)) + size,
    heights = cells.map((c) => c.z);
  const low = Math.min(...heights) - size / 2,
    high = Math.max(...heights) + size / 2;
  const scale = Math.min((width - 70) / far, (height - 60) / (high - low)),
    left = Math.max(56, (width - far * scale) / 2),
    bottom = height - 42;
  const place = (cell) => [left + (cell.radius - size / 2) * scale, bottom - (cell.z + size / 2 - low) * scale];
  const found = [];
  context.strokeStyle = css("--line");
  for (const cell of cells.filter((each) => each[statistic] >= cut)) {
    const [x, y] = place(cell);
    context.fillStyle = viridis(share(cell[statistic]));
    context.fillRect(x, y, size * scale - 1, size * scale - 1);
    context.strokeRect(x, y, size * scale - 1, size * scale - 1);
    found.push({ cell, x: x + (size * scale) / 2, y: y + (size * scale) / 2, half: (size * scale) / 2 });
  }
  context.fillStyle = css("--soft");
  context.textAlign = "center";
  for (const tick of linearTicks(0, far).filter((v) => v <= far))
    context.fillText(shown.short(tick), left + tick * scale, bottom + 16);
  context.fillText("distance from the axis (m)", left + (far * scale) / 2, bottom + 34);
  context.textAlign = "right";
  for (const tick of linearTicks(low, high))
    context.fillText(shown.short(tick), left - 7, bottom - (tick - low) * scale + 4);
  context.save();
  context.translate(left - 42, bottom - ((high - low) * scale) / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText("height (m)", 0, 0);
  context.restore();
  return found;
}

/** The scale of colours, with the ends' errors. */
function drawScale(low, high) {
  const canvas = el("canvas", { class: "scale", width: 220, height: 14, "aria-hidden": "true" }),
    context = canvas.getContext("2d");
  for (let x = 0; x < 220; x++) {
    context.fillStyle = viridis(x / 219);
    context.fillRect(x, 0, 1, 14);
  }
  return el("span", { class: "scale-bar" }, `${shown.error(low)} cm`, canvas, `${shown.error(high)} cm`);
}
