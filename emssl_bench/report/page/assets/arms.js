// One summary of every method over all arms of a setup: errors divided by reach.

function drawArms() {
  const ofShown = DATA.overArms.filter((row) => row.task === FILTER.task);
  const setups = [...new Map(ofShown.map((row) => [JSON.stringify([row.data, row.range]), row])).entries()];
  $("#arms").hidden = !setups.length;
  if (!setups.length) return;
  const fullest = setups[0][0],
    chosen = choices.get("arms", fullest);
  const current = setups.some(([key]) => key === chosen) ? chosen : fullest;
  $("#arms-options").replaceChildren(
    chooser(
      "Setup",
      "setup",
      setups.map(([key, row]) => [key, `${row.data} ${taskShown().targets}, ${row.range}`]),
      current,
      (value) => {
        choices.set("arms", value);
        drawArms();
        $("#arms-options select").focus();
      },
    ),
  );
  const rows = ofShown
    .filter((row) => JSON.stringify([row.data, row.range]) === current)
    .sort((a, b) => a.iqm - b.iqm);
  const ends = rows.flatMap((row) => [row.iqm, row.iqm_low, row.iqm_high]).filter((v) => isNumber(v) && v > 0);
  const [low, high] = [Math.log10(Math.min(...ends)) - 0.05, Math.log10(Math.max(...ends)) + 0.05];
  const scale = { at: (v) => `${(100 * (Math.log10(Math.max(v, 10 ** low)) - low)) / (high - low)}%` };
  const arms = rows[0].arms,
    reach = (v) => (isNumber(v) ? (100 * v).toFixed(100 * v < 1 ? 2 : 1) : DASH);
  const heads = [
    "Method",
    "",
    "Middle half (%)",
    "95 % interval",
    "Mean rank",
    ...arms.map((arm, i) => `${arm} (%), ${plural(Math.min(...rows.map((row) => row.seeds[i])), "seed")}`),
  ];
  $("#arms-table").replaceChildren(
    el("thead", {}, el("tr", {}, ...heads.map((head, i) => el("th", { scope: "col", class: i ? "" : "w" }, head)))),
    el(
      "tbody",
      {},
      ...rows.map((row) =>
        el(
          "tr",
          {},
          el(
            "td",
            { class: "w" },
            nameOf(
              row.look,
              el("span", {}, row.name),
              row.floor || row.gradient ? TAGS[row.floor ? "floor" : "gradient"] : null,
            ),
          ),
          el("td", {}, rangeOf(row.look, row.iqm, row.iqm_low, row.iqm_high, [], scale)),
          el("td", {}, el("b", {}, reach(row.iqm))),
          el("td", {}, isNumber(row.iqm_low) ? `[${reach(row.iqm_low)}, ${reach(row.iqm_high)}]` : DASH),
          el("td", {}, row.rank.toFixed(1)),
          ...row.shares.map((v) => el("td", {}, reach(v))),
        ),
      ),
    ),
  );
  $("#arms-note").textContent =
    `Mean ${taskShown().word}s in per cent of each arm's reach, so that arms of unlike size compare. Middle half: the mean of the runs between the quartiles, every arm with equal weight, with a 95 % bootstrap interval over seeds. Rank: among the ${rows.length} methods that ran on all of ${arms.join(", ")}, with default settings.`;
}
