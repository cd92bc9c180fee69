// What a dialog says of a trial: its numbers, its settings beside another's, its machine and commit.

const SAID = {
  fit_seconds: "training",
  forward_seconds: "forward model",
  forward_calls: "arm queries",
  labelled_samples: "labels",
};
const STATISTICS = {
  mean: (error) => `mean ${error}`,
  median: (error) => `median ${error}`,
  p95: (error) => `95 % of ${error}s below`,
  max: (error) => `largest ${error}`,
};

/** The name of a metric in words. */
function said(name, task) {
  const [, error, statistic] = name.match(/^([a-z]+)_([a-z0-9]+)_(?:cm|deg)$/) || [];
  if (STATISTICS[statistic]) return STATISTICS[statistic](error);
  const rate = name.replace("success_rate_", ""),
    [, bounds] = task.rates.find(([each]) => each === rate) || [];
  if (rate !== name) return `within ${bounds || rate.replace(/^(\d+)/, "$1 ")}`;
  return SAID[name] || name.replace(/_(cm|seconds|deg)$/, "").replace(/_/g, " ");
}

function numbersOf(trial) {
  const task = DATA.tasks[DATA.rows[trial.row].task],
    list = el("dl", { class: "numbers" });
  const [names, values] = trial.metrics;
  for (const [i, name] of DATA.pool[names].entries()) {
    const value = values[i];
    const unit = name.endsWith("_cm") ? " cm" : name.endsWith("_seconds") ? " s" : name.endsWith("_deg") ? "°" : "";
    const rate = name.startsWith("success_rate");
    list.append(
      el(
        "div",
        {},
        el("dt", {}, said(name, task)),
        el(
          "dd",
          {},
          rate
            ? `${shown.percent(value)} %`
            : Number.isInteger(value)
              ? shown.whole(value)
              : value.toPrecision(4) + unit,
        ),
      ),
    );
  }
  return list;
}

function settingsTable(trial, other, name) {
  const mine = DATA.pool[trial.settings],
    theirs = other ? DATA.pool[other.settings] : {};
  const keys = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])],
    differs = (key) => other && mine[key] !== theirs[key];
  const rows = keys.map((key) => [key, differs(key)]).sort((a, b) => b[1] - a[1]);
  const count = rows.filter(([, apart]) => apart).length,
    mark = (key) => (differs(key) ? "w differs" : "w");
  return el(
    "div",
    {},
    el("h3", {}, other ? `Settings: ${plural(count, "differs", "differ")} from ${name}` : "Settings"),
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Settings" },
      el(
        "table",
        {},
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("th", { scope: "col", class: "w" }, "Setting"),
            el("th", { scope: "col", class: "w" }, "This trial"),
            other ? el("th", { scope: "col", class: "w" }, name) : null,
          ),
        ),
        el(
          "tbody",
          {},
          ...rows.map(([key, apart]) =>
            el(
              "tr",
              {},
              el("th", { scope: "row", class: "w" }, apart ? "≠ " : "", key),
              el("td", { class: mark(key) }, mine[key] ?? DASH),
              other ? el("td", { class: mark(key) }, theirs[key] ?? DASH) : null,
            ),
          ),
        ),
      ),
    ),
  );
}

function machineOf(trial) {
  const machine = Object.entries(DATA.pool[trial.machine]);
  return el(
    "div",
    {},
    el("h3", {}, "Machine and versions"),
    el(
      "p",
      { class: "note" },
      `Trial ${trial.id}, commit ${trial.commit || "not recorded"}. `,
      machine.map(([key, value]) => `${key} ${value}`).join(", ") || "Machine not recorded.",
    ),
  );
}
