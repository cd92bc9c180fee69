// The section of maps: one or two methods beside each other, turned together by mouse, touch and keys.

const MAP = { by: "place", first: "", second: "", statistic: "mean", cut: 0, open: false, ...choices.get("map", {}) };
let mapPanels = [];
const capital = (word) => word[0].toUpperCase() + word.slice(1);

/** The kinds of maps: how they are drawn, and what they are by, in words. */
const MAPS = {
  solid: {
    draw: drawSolid,
    by: "place in three dimensions: arrow keys turn it, plus and minus zoom",
    layers: "Height (m)",
  },
  flat: { draw: drawFlat, by: "place, by distance from the axis and height", layers: "Height (m)" },
  directions: { draw: drawDirections, by: "the direction of the tool", layers: "Elevation (°)" },
};

function mapRows() {
  const maps = mapsBy(MAP.by),
    rows = visible().filter((row) => maps[row.place]);
  const known = inOrder(rows.length ? rows : ofTask().filter((row) => maps[row.place]));
  return [...known.filter((row) => row.kind === "method"), ...known.filter((row) => row.kind !== "method")];
}

function drawMapSection() {
  const directed = ofTask().some((row) => DATA.directions[row.place]);
  if (!directed) MAP.by = "place";
  const rows = mapRows(),
    note = $("#map-note");
  $("#map").hidden = !DATA.trials.length;
  $("#map-options").hidden = !rows.length;
  $("#maps").replaceChildren();
  mapPanels = [];
  if (!rows.length) {
    note.textContent = "These records were written before errors were recorded by place, so that there is no map.";
    return;
  }
  const has = (place) => rows.some((row) => String(row.place) === String(place));
  if (!has(MAP.first)) MAP.first = String(rows[0].place);
  if (MAP.second !== "none" && (!has(MAP.second) || MAP.second === MAP.first)) {
    const other = rows.find((row) => String(row.place) !== MAP.first);
    MAP.second = other ? String(other.place) : "none";
  }
  const change = (name) => (value) => {
    MAP[name] = value;
    choices.set("map", { ...MAP });
    drawMapSection();
    $(`#map-options [name="${name}"]`).focus();
  };
  const options = rows.map((row) => [String(row.place), labelOf(row, rows)]);
  const output = el("output"),
    slider = el("input", { type: "range", name: "cut", id: "choose-cut", min: 0, max: 100, step: 1 });
  slider.value = MAP.cut;
  slider.oninput = () => {
    MAP.cut = +slider.value;
    choices.set("map", { ...MAP });
    paintMaps();
  };
  $("#map-options").onsubmit = (event) => event.preventDefault();
  $("#map-options").replaceChildren(
    ...(directed
      ? [
          chooser(
            "By",
            "by",
            [
              ["place", "place"],
              ["direction", "direction of the tool"],
            ],
            MAP.by,
            change("by"),
          ),
        ]
      : []),
    chooser("Map of", "first", options, MAP.first, change("first")),
    chooser("Beside it", "second", [["none", "nothing"], ...options], MAP.second, change("second")),
    ...(MAP.by === "place"
      ? [
          chooser(
            capital(taskShown().word),
            "statistic",
            [
              ["mean", "mean"],
              ["p95", "95 % of targets below"],
            ],
            MAP.statistic,
            change("statistic"),
          ),
        ]
      : []),
    field(el("span", {}, `Hide ${taskShown().word}s below `, output), slider),
  );
  const box = el("input", { type: "checkbox", name: "open" });
  box.checked = MAP.open;
  box.onchange = () => change("open")(box.checked);
  const chosen = [MAP.first, MAP.second].filter(has).map((place) => DATA.rows[place]);
  const maps = chosen.map((row) => mapOf(row, MAP.by));
  mapPanels = chosen.map((row, i) => panelOf(row, maps[i], labelOf(row, rows)));
  mapPanels.output = output;
  $("#maps").replaceChildren(...mapPanels.map((panel) => panel.figure));
  const kinds = new Set(maps.map((map) => map.kind));
  if (kinds.has("solid"))
    $("#map-options").append(el("label", { class: "check" }, box, "Cut open"));
  note.replaceChildren(
    el("span", { id: "scale" }),
    kinds.has("directions")
      ? "Cells are directions of the tool's z axis, of equal areas of the sphere: azimuth from the base's x axis, and elevation. "
      : kinds.has("flat")
        ? "These records are older than the map in three dimensions: they know the distance from the vertical axis of the base and the height. "
        : "Drag, or focus a map and press the arrow keys, to turn both; plus and minus zoom, Home goes back. Voxels are an eighth of the reach wide. ",
    "Colours are logarithmic and the same in both.",
  );
  paintMaps();
}

function panelOf(row, map, name) {
  const canvas = el("canvas", { tabindex: 0, role: "img" }),
    told = el("span", {}, plural(map.cells.length, "cell"));
  canvas.setAttribute(
    "aria-label",
    `${capital(taskShown().word)}s of ${name} by ${MAPS[map.kind].by}`,
  );
  const rest = told.textContent,
    panel = { row, map, canvas, drawn: [] };
  const layers = el(
    "table",
    {},
    el(
      "thead",
      {},
      el("tr", {}, ...[MAPS[map.kind].layers, "Targets", `Mean ${taskShown().word} (cm)`].map((head) => el("th", { scope: "col" }, head))),
    ),
    el(
      "tbody",
      {},
      ...layersOf(map).map(([height, targets, error]) =>
        el("tr", {}, el("td", {}, height), el("td", {}, shown.whole(targets)), el("td", {}, shown.error(error))),
      ),
    ),
  );
  panel.figure = el(
    "figure",
    { class: "card" },
    el("figcaption", {}, el("b", {}, name), told),
    canvas,
    el("details", {}, el("summary", {}, `The same by ${MAPS[map.kind].layers.replace(/ .*/, "").toLowerCase()}, in numbers`), layers),
  );
  let from = null;
  canvas.onpointerdown = (event) => {
    from = [event.clientX, event.clientY];
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    from = null;
  };
  canvas.onpointermove = (event) => {
    if (from && map.kind === "solid") {
      turn((event.clientX - from[0]) * 0.01, (event.clientY - from[1]) * 0.01);
      from = [event.clientX, event.clientY];
      return;
    }
    const box = canvas.getBoundingClientRect(),
      [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const hit = panel.drawn.find(({ x: middle, y: level, half, halves: [w, h] = [half, half] }) => {
      return Math.abs(middle - x) <= w && Math.abs(level - y) <= h;
    });
    told.textContent = hit
      ? `${shown.error(hit.cell.mean)} cm mean${map.kind === "solid" ? `, ${shown.error(hit.cell.p95)} cm 95 %` : ""}, ${plural(hit.cell.targets, "target")}`
      : rest;
  };
  canvas.onpointerleave = () => {
    told.textContent = rest;
  };
  canvas.onkeydown = (event) => {
    const step = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[event.key];
    const zoom = { "+": 1.15, "=": 1.15, "-": 1 / 1.15 }[event.key];
    if (!step && !zoom && event.key !== "Home") return;
    event.preventDefault();
    if (event.key === "Home") Object.assign(view, { turn: 0.7, tilt: 0.42, zoom: 1 });
    if (zoom) view.zoom = Math.max(0.5, Math.min(4, view.zoom * zoom));
    turn(...(step || [0, 0]));
  };
  return panel;
}

let painting = 0;
function turn(across, up) {
  view.turn += across;
  view.tilt = Math.max(-1.5, Math.min(1.5, view.tilt + up));
  choices.set("view", { ...view });
  if (!painting)
    painting = requestAnimationFrame(() => {
      painting = 0;
      paintMaps();
    });
}

function paintMaps() {
  if (!mapPanels.length) return;
  const statistic = MAP.by === "place" ? MAP.statistic : "mean";
  const errors = mapPanels.flatMap(({ map }) => map.cells.map((cell) => cell[statistic])).sort((a, b) => a - b);
  const low = Math.max(errors[Math.floor(errors.length * 0.02)], 1e-4),
    high = Math.max(errors[Math.floor(errors.length * 0.98)], low * 1.01);
  const share = (error) => Math.log(Math.max(error, low) / low) / Math.log(high / low);
  const cut = MAP.cut ? low * (high / low) ** (MAP.cut / 100) : 0;
  mapPanels.output.textContent = MAP.cut ? `${shown.error(cut)} cm` : "none";
  for (const panel of mapPanels)
    panel.drawn = MAPS[panel.map.kind].draw(panel.canvas, panel.map, {
      statistic,
      share,
      cut,
      open: MAP.open,
    });
  $("#scale").replaceChildren(drawScale(low, high));
}
