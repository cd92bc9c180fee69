// What a dialog says of a trial: its numbers, its settings beside another's, its machine and commit.

const SAID = {
  fit_seconds: "training",
  forward_seconds: "forward model",
  forward_calls: "arm queries",
  labelled_samples: "labels",
  error_p95_cm: "95 % of errors below",
  error_mean_cm: "mean error",
  error_median_cm: "median error",
  error_max_cm: "largest error",
};

function numbersOf(trial) {
  const list = el("dl", { class: "numbers" });
  for (const [name, value] of Object.entries(trial.metrics || {})) {
    const unit = name.endsWith("_cm") ? " cm" : name.endsWith("_seconds") ? " s" : name.endsWith("_deg") ? "°" : "";
    const rate = name.startsWith("success_rate"),
      plain = rate ? name.replace(/success_rate_(\d+)/, "within $1 ") : name;
    list.append(
      el(
        "div",
        {},
        el("dt", {}, SAID[name] || plain.replace(/_(cm|seconds|deg)$/, "").replace(/_/g, " ")),
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
