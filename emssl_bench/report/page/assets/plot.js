// A chart of lines with bands, dashes and markers, drawn by uPlot.

const MOST_MARKERS = 9;

function axisOf(label, log, size) {
  const ticks = (u, i, low, high) => (log ? logTicks(low, high, 9) : linearTicks(low, high));
  return {
    stroke: css("--soft"),
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
    label,
    labelSize: 18,
    labelGap: 0,
    size,
    gap: 4,
    grid: { stroke: css("--line"), width: 1 },
    ticks: { stroke: css("--line"), width: 1, size: 4 },
    splits: ticks,
    filter: (u, splits) => splits,
    values: (u, splits) => splits.map(shown.short),
  };
}

function linearTicks(low, high) {
  const raw = (high - low) / 6,
    power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= raw),
    found = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high * 1.0001; tick += step) found.push(+tick.toPrecision(10));
  return found;
}

/** From the first point to the last, with a little room. */
function spanOf(low, high, log) {
  if (low == null) return [1, 10];
  if (low === high) return log ? [low / 2, high * 2] : [low - 1, high + 1];
  return log ? [low * (low / high) ** 0.01, high * (high / low) ** 0.015] : [low, high + 0.015 * (high - low)];
}

/** Draws lines into a box; returns uPlot's chart. `moved` is called with the x under the cursor, or null. */
function plotLines(box, lines, { xLabel, yLabel, logX, logY, height, moved }) {
  box.replaceChildren();
  const tables = [],
    series = [{}],
    bands = [];
  for (const line of lines) {
    const keep = line.x.map((x, i) => i).filter((i) => !logX || line.x[i] > 0);
    const pick = (values) => keep.map((i) => (logY ? Math.max(values[i], 1e-6) : values[i]));
    tables.push([keep.map((i) => line.x[i]), pick(line.y), pick(line.low), pick(line.high)]);
    const first = series.length,
      stroke = colourOf(line.row.look);
    series.push({
      stroke,
      width: 2,
      dash: line.row.look[2].map((v) => v * 2),
      spanGaps: true,
      points: { show: false },
    });
    series.push(
      { stroke: "transparent", width: 0, spanGaps: true, points: { show: false } },
      { stroke: "transparent", width: 0, spanGaps: true, points: { show: false } },
    );
    bands.push({ series: [first + 2, first + 1], fill: colourOf(line.row.look, 0.14) });
  }
  const marks = (u, index) => {
    if ((index - 1) % 3 || !u.series[index].show) return;
    const line = lines[(index - 1) / 3],
      count = line.x.length,
      step = Math.max(1, Math.ceil(count / MOST_MARKERS));
    u.ctx.save();
    u.ctx.fillStyle = colourOf(line.row.look);
    u.ctx.beginPath();
    u.ctx.rect(u.bbox.left - 6, u.bbox.top - 6, u.bbox.width + 12, u.bbox.height + 12);
    u.ctx.clip();
    for (let i = 0; i < count; i++) {
      if ((i % step && i !== count - 1) || (logX && line.x[i] <= 0)) continue;
      const [x, y] = [u.valToPos(line.x[i], "x", true), u.valToPos(Math.max(line.y[i], 1e-6), "y", true)];
      u.ctx.fill(markerPath(line.row.look[1], x, y, 4.5 * uPlot.pxRatio));
    }
    u.ctx.restore();
  };
  const chart = new uPlot(
    {
      width: Math.max(200, box.clientWidth),
      height,
      series,
      bands,
      scales: {
        x: { time: false, distr: logX ? 3 : 1, range: (u, low, high) => spanOf(low, high, logX) },
        y: {
          distr: logY ? 3 : 1,
          range: logY
            ? (u, low, high) => (low == null ? [0.1, 10] : [low / 1.15, high * 1.15])
            : (u, low, high) => (low == null ? [0, 1] : [0, high * 1.05]),
        },
      },
      axes: [axisOf(xLabel, logX, 28), axisOf(yLabel, logY, 46)],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      hooks: {
        drawSeries: [marks],
        setCursor: [(u) => moved && moved(u.cursor.left >= 0 ? u.posToVal(u.cursor.left, "x") : null)],
      },
    },
    tables.length ? uPlot.join(tables) : [[]],
    box,
  );
  return chart;
}

/** Shows or hides a line with its band. */
function toggleLine(chart, place, show) {
  for (let i = 1; i <= 3; i++) chart.setSeries(3 * place + i, { show });
}

/** Lets arrow keys move the cursor. */
function keysMove(box, chart) {
  box.tabIndex = 0;
  box.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const width = chart.over.clientWidth,
      now = chart.cursor.left >= 0 ? chart.cursor.left : step > 0 ? 0 : width;
    chart.setCursor({ left: Math.max(0, Math.min(width, now + step * Math.max(4, width / 60))), top: 10 });
  };
}
