// Lines to draw: means over seeds of learning curves, and distributions of errors.

const column = (trial, name) => DATA.pool[trial.curve[DATA.columns.indexOf(name)]];
/** The error of a trial by iteration: the one number of its task, or one that stands beside it, by its place. */
const errorsOf = (trial, which) =>
  which < 0 ? column(trial, "error_mean_cm") : DATA.pool[trial.curve[DATA.columns.length + which]] || [];
const AXES = {
  iteration: "iterations",
  forward_calls: "arm queries",
  gradient_steps: "gradient steps",
  fit_seconds: "seconds of training",
};

/** The mean over a row's seeds, and its best and worst seed, point by point; seeds that are shorter end earlier. */
function learningLine(row, over, which) {
  const trials = row.trials.filter((trial) => errorsOf(trial, which).length);
  if (!trials.length) return null;
  const length = Math.min(...trials.map((trial) => errorsOf(trial, which).length));
  const line = { row, x: [], y: [], low: [], high: [] };
  for (let i = 0; i < length; i++) {
    const errors = trials.map((trial) => errorsOf(trial, which)[i]);
    line.x.push(mean(trials.map((trial) => column(trial, over)[i])));
    line.y.push(mean(errors));
    line.low.push(Math.min(...errors));
    line.high.push(Math.max(...errors));
  }
  if (length === 1 || !(line.x[length - 1] > 0)) line.level = true;
  return line;
}

/** Levels reach from the first point of the others to the last: what needs no iterations, or no queries. */
function withLevels(lines) {
  const xs = lines
    .filter((line) => !line.level)
    .flatMap((line) => line.x)
    .filter((x) => x > 0);
  const [first, last] = xs.length ? [Math.min(...xs), Math.max(...xs)] : [1, 2];
  for (const line of lines.filter((each) => each.level)) {
    const end = line.y.length - 1;
    for (const name of ["y", "low", "high"]) line[name] = [line[name][end], line[name][end]];
    line.x = [first, last];
  }
  return lines;
}

/** Below which error which share of the targets stays. */
function shareLine(row, which) {
  if (!row.shares || !row.shares[which + 2]) return null;
  const [shares, errors] = [row.shares[0], row.shares[which + 2]],
    x = [],
    y = [];
  errors.forEach((error, i) => {
    if (!x.length || error > x[x.length - 1]) {
      x.push(error);
      y.push(100 * shares[i]);
    }
  });
  return { row, x, y, low: y, high: y };
}

/** The value of a line at x, between its points on the same kind of scale; null beside the line. */
function valueAt(line, x) {
  const at = line.x.findIndex((each) => each >= x),
    last = line.x.length - 1;
  if (at < 0) return x <= line.x[last] + 0.05 * (line.x[last] - line.x[0]) ? line.y[last] : null;
  if (at === 0 && line.x[0] > x * 1.0001) return null;
  if (at === 0) return line.y[0];
  const share = (x - line.x[at - 1]) / (line.x[at] - line.x[at - 1]);
  return line.y[at - 1] + share * (line.y[at] - line.y[at - 1]);
}
