// The section of curves: learning, or distributions, with a legend that tells values and switches lines.

const CURVES = { view: "learning", of: -1, over: "iteration", x: "log", y: "log", ...choices.get("curves", {}) };
const MOST_LINES = 12;
const switched = choices.get("switched", {}); // lines that the reader has switched on or off, by name
let curveChart = null;

/** The error that is drawn: its place among those beside the one number, or -1; its name and its unit. */
function errorDrawn() {
  const task = taskShown(),
    apart = task.apart[CURVES.of];
  return apart
    ? { which: +CURVES.of, name: apart[0].toLowerCase(), unit: apart[1] }
    : { which: -1, name: task.word, unit: "cm" };
}

function drawCurveOptions() {
  const change = (name) => (value) => {
    CURVES[name] = value;
    choices.set("curves", { ...CURVES });
    drawCurveOptions();
    drawCurves();
  };
  const learning = CURVES.view === "learning",
    scales = [
      ["log", "logarithmic"],
      ["linear", "linear"],
    ];
  const focused = document.activeElement && document.activeElement.name;
  $("#curve-options").replaceChildren(
    chooser(
      "Show",
      "view",
      [
        ["learning", "error while learning"],
        ["shares", "distribution of errors"],
      ],
      CURVES.view,
      change("view"),
    ),
    ...(taskShown().apart.length
      ? [
          chooser(
            "Of",
            "of",
            [[-1, taskShown().word], ...taskShown().apart.map(([title], i) => [i, title.toLowerCase()])],
            errorDrawn().which,
            change("of"),
          ),
        ]
      : []),
    ...(learning ? [chooser("Over", "over", Object.entries(AXES), CURVES.over, change("over"))] : []),
    chooser(learning ? "Horizontal axis" : "Error axis", "x", scales, CURVES.x, change("x")),
    ...(learning ? [chooser("Error axis", "y", scales, CURVES.y, change("y"))] : []),
  );
  if (focused && $(`#curve-options [name="${focused}"]`)) $(`#curve-options [name="${focused}"]`).focus();
}

function drawCurves() {
  const learning = CURVES.view === "learning",
    { which, name: drawn, unit } = errorDrawn();
  const rows = visible().filter((row) => row.kind !== "solver");
  let lines = rows.map((row) => (learning ? learningLine(row, CURVES.over, which) : shareLine(row, which))).filter(Boolean);
  if (learning) lines = withLevels(lines).sort((a, b) => a.y[a.y.length - 1] - b.y[b.y.length - 1]);
  $("#curves").hidden = !DATA.trials.length;
  const box = $("#plot"),
    legend = $("#legend");
  if (curveChart) curveChart.destroy();
  curveChart = null;
  legend.replaceChildren();
  $("#curve-note").textContent = "";
  if (!lines.length) {
    box.replaceChildren(el("p", { class: "note" }, "None of the rows that are shown has a curve."));
    return;
  }
  const entries = lines.map((line, place) => {
    const name = labelOf(line.row, rows),
      output = el("output");
    const on = switched[name] ?? place < MOST_LINES;
    const button = el(
      "button",
      {
        type: "button",
        "aria-pressed": String(on),
        onclick: () => {
          const show = button.getAttribute("aria-pressed") === "false";
          button.setAttribute("aria-pressed", String(show));
          switched[name] = show;
          choices.set("switched", switched);
          toggleLine(curveChart, place, show);
        },
      },
      swatch(line.row.look),
      el("span", {}, name),
      output,
    );
    return { button, output, line, on };
  });
  legend.append(...entries.map((entry) => entry.button));
  const tell = (x) =>
    entries.forEach(({ output, line }) => {
      const value = x == null ? null : valueAt(line, x);
      output.textContent = value == null ? "" : learning ? shown.error(value) : `${value.toFixed(1)} %`;
    });
  curveChart = plotLines(box, lines, {
    xLabel: learning ? AXES[CURVES.over] : `${taskShown().apart.length ? drawn : "distance error"} (${unit})`,
    yLabel: learning ? `mean ${drawn} (${unit})` : `${taskShown().targets} within it (%)`,
    logX: CURVES.x === "log",
    logY: learning && CURVES.y === "log",
    height: innerWidth < 700 ? 300 : 400,
    moved: tell,
  });
  keysMove(box, curveChart);
  box.setAttribute("role", "img");
  box.setAttribute(
    "aria-label",
    `${learning ? `Mean ${drawn} over ${AXES[CURVES.over]}` : "Distribution of errors"}: ${plural(lines.length, "line")}. Arrow keys move the cursor; the legend tells the values.`,
  );
  entries.forEach(({ on }, place) => on || toggleLine(curveChart, place, false));
  legend.classList.toggle("many", lines.length > MOST_LINES);
  const levels = [...new Set(lines.filter((line) => line.level).map((line) => line.row.name))];
  const band = learning
    ? "The line is the mean over seeds, the band reaches from the best seed to the worst. "
    : "The mean over seeds. ";
  const more =
    lines.length > MOST_LINES
      ? `Of ${lines.length} lines the best ${MOST_LINES} are switched on; the names switch them. `
      : "";
  $("#curve-note").textContent =
    band +
    more +
    (levels.length && learning
      ? `Level lines have no ${AXES[CURVES.over]} to speak of, and stand at their final error: ${levels.join(", ")}.`
      : "");
}
