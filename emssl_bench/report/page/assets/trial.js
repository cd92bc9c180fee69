// A trial in a dialog, with its curve; a failed one with its reason.

const dialog = $("#trial");
let trialChart = null;

function openRow(row, seed = 0, other = null) {
  if (!row.trials.length) return openPlain(row);
  const trial = row.trials[seed];
  const rivals = DATA.rows
    .filter((each) => each.trials.length && each !== row && each.task === row.task)
    .sort((a, b) => (b.arm === row.arm) - (a.arm === row.arm) || a.place - b.place);
  const near = inOrder(visible()).filter((each) => each.trials.length && each !== row);
  const rival =
    other === null
      ? near.find((each) => each.kind === "method") || near[0] || rivals[0] || null
      : DATA.rows[other] || null;
  const body = el("div", { class: "inside" });
  showDialog(fullName(row), PLACES.map(([name]) => row[name]).join(" · "), body);
  const again = (name, ...choice) => {
    openRow(...choice);
    const select = $(`select[name="${name}"]`, dialog);
    if (select) select.focus();
  };
  body.append(
    el(
      "form",
      { class: "filters", onsubmit: (event) => event.preventDefault() },
      chooser(
        "Trial",
        "seed",
        row.trials.map((each, i) => [i, `seed ${each.seed}: ${shown.error(each.error)} cm`]),
        seed,
        (value) => again("seed", row, +value, rival ? rival.place : null),
      ),
      rivals.length
        ? chooser(
            "Beside it, settings of",
            "rival",
            rivals.map((each) => [
              each.place,
              [fullName(each), ...PLACES.map(([name]) => each[name]).filter((v, i) => v !== row[PLACES[i][0]])].join(
                ", ",
              ),
            ]),
            rival.place,
            (value) => again("rival", row, seed, +value),
          )
        : null,
    ),
  );
  const plot = el("div", { class: "plot" });
  if (column(trial, "error_mean_cm").length > 1) body.append(plot);
  body.append(
    numbersOf(trial),
    settingsTable(trial, rival ? rival.trials[0] : null, rival ? fullName(rival) : ""),
    machineOf(trial),
    el("h3", {}, "Train it again"),
    el("pre", { tabindex: 0 }, row.command),
  );
  if (column(trial, "error_mean_cm").length > 1) {
    const seeds = row.trials.map((each) => ({
      row,
      x: column(each, "iteration"),
      y: column(each, "error_mean_cm"),
      low: column(each, "error_mean_cm"),
      high: column(each, "error_mean_cm"),
      mine: each === trial,
    }));
    const lines = seeds.map((line) => (line.mine ? line : { ...line, row: { look: [line.row.look[0], "", [1, 2]] } }));
    trialChart = plotLines(plot, lines, {
      xLabel: "iterations (dotted: the other seeds)",
      yLabel: `mean ${DATA.tasks[row.task].word} (cm)`,
      logX: true,
      logY: true,
      height: 250,
    });
  }
}

function openPlain(row) {
  const body = el("div", { class: "inside" });
  showDialog(fullName(row), PLACES.map(([name]) => row[name]).join(" · "), body);
  const { apart, rates } = DATA.tasks[row.task],
    withUnit = (value, unit) => shown.error(value) + (unit === "°" ? unit : ` ${unit}`);
  const errors = apart.length
    ? apart.flatMap(([title, unit], i) => [
        [`Median ${title.toLowerCase()}`, withUnit(row.apart[i][1], unit)],
        [`95 % ${title.toLowerCase()}`, withUnit(row.apart[i][2], unit)],
      ])
    : [
        ["Median error", `${shown.error(row.median)} cm`],
        ["95 % error", `${shown.error(row.p95)} cm`],
        ["Within 1 mm", `${shown.percent(row.mm1)} %`],
        ["Within 1 cm", `${shown.percent(row.cm1)} %`],
      ];
  const parts = [
    ...errors,
    ...rates
      .map(([, bounds], i) => [`Within ${bounds}`, `${shown.percent(row.rates[i])} %`])
      .filter((_, i) => isNumber(row.rates[i])),
    ["One answer", `${shown.micro(row.answer)} µs`],
    ["Measured on", row.machines],
  ];
  body.append(
    el(
      "dl",
      { class: "numbers" },
      ...parts.map(([term, text]) => el("div", {}, el("dt", {}, term), el("dd", {}, text))),
    ),
    el("p", { class: "note" }, "The section Numerical solvers of the whole report has all of its numbers."),
  );
}

function showDialog(title, where, body) {
  if (trialChart) trialChart.destroy();
  trialChart = null;
  dialog.replaceChildren(
    el(
      "div",
      { class: "bar" },
      el("div", {}, el("h2", { id: "trial-title" }, title), el("p", { class: "note" }, where)),
      el("button", { type: "button", onclick: () => dialog.close() }, "Close"),
    ),
    body,
  );
  if (!dialog.open) dialog.showModal();
}

function openFailure(failure) {
  const body = el(
    "div",
    { class: "inside" },
    el("p", { class: "bad" }, failure.reason || "No reason was recorded."),
    settingsTable(failure, null, ""),
    machineOf(failure),
  );
  showDialog(`Failed: ${failure.name}`, failure.experiment, body);
}

function drawFailures() {
  const { failures } = DATA;
  $("#failures").hidden = !failures.length;
  $("#failure-list").replaceChildren(
    el("p", { class: "note" }, "They are in no table. The same command runs them again."),
    el(
      "ul",
      {},
      ...failures.map((failure) =>
        el(
          "li",
          {},
          el("button", { type: "button", class: "link", onclick: () => openFailure(failure) }, failure.name),
          ": ",
          el("span", { class: "bad" }, failure.reason || "no reason recorded"),
        ),
      ),
    ),
  );
}
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
