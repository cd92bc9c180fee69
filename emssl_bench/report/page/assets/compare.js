// Any two methods, setup by setup: paired by seed where they had the same data.

const COMPARED = choices.get("compared", []);

function comparable() {
  const found = new Map();
  for (const row of ofTask().filter((each) => each.kind !== "solver" && each.errors.length)) {
    const key = JSON.stringify([row.method, row.variant]);
    if (!found.has(key)) found.set(key, { key, name: fullName(row), rows: [] });
    found.get(key).rows.push(row);
  }
  return [...found.values()];
}

/** The difference of two rows of one setup: pairs of seeds, its mean and interval, and the chance of being better. */
function differenceOf(a, b) {
  const pairs = a.seeds
    .map((seed, i) => [a.errors[i], b.errors[b.seeds.indexOf(seed)]])
    .filter(([, other]) => other !== undefined);
  const differences = pairs.map(([x, y]) => x - y);
  const middle = differences.length ? mean(differences) : a.error - b.error,
    half = halfWidth(differences);
  const all = a.errors.flatMap((x) => b.errors.map((y) => (x < y ? 1 : x === y ? 0.5 : 0)));
  return {
    pairs: pairs.length,
    middle,
    low: half === null ? null : middle - half,
    high: half === null ? null : middle + half,
    chance: mean(all),
  };
}

function drawCompare() {
  const methods = comparable();
  $("#compare").hidden = methods.length < 2;
  if (methods.length < 2) return;
  const keyOf = (row) => JSON.stringify([row.method, row.variant]);
  const best = inOrder(visible())
    .filter((row) => row.kind === "method" && row.errors.length)
    .map(keyOf);
  const known = (key) => methods.some((method) => method.key === key);
  const defaults = [...new Set([...best, ...methods.map((method) => method.key)])];
  const chosen = [0, 1].map((i) => (known(COMPARED[i]) ? COMPARED[i] : null));
  if (!chosen[0]) chosen[0] = defaults.find((key) => key !== chosen[1]);
  if (!chosen[1]) chosen[1] = defaults.find((key) => key !== chosen[0]);
  const options = methods.map(({ key, name }) => [key, name]);
  const change = (place) => (value) => {
    COMPARED.splice(0, 2, ...chosen);
    COMPARED[place] = value;
    choices.set("compared", COMPARED);
    drawCompare();
    $(`#compare-options [name="method${place}"]`).focus();
  };
  $("#compare-options").replaceChildren(
    chooser("First", "method0", options, chosen[0], change(0)),
    chooser("Second", "method1", options, chosen[1], change(1)),
  );
  const [first, second] = chosen.map((key) => methods.find((method) => method.key === key));
  const setup = (row) => PLACES.map(([name]) => row[name]);
  const found = first.rows.flatMap((a) =>
    second.rows.filter((b) => String(setup(a)) === String(setup(b))).map((b) => ({ a, b, ...differenceOf(a, b) })),
  );
  const apart = (test) => found.filter(({ low, high }) => low !== null && test(low, high)).length;
  const [better, worse] = [apart((low, high) => high < 0), apart((low) => low > 0)];
  $("#verdict").textContent =
    first === second || !found.length
      ? "There is no setup in which both ran."
      : `In ${plural(found.length, "setup")} with both, ${first.name} is better in ${better} and ${second.name} in ${worse}, where the interval of the difference leaves out zero; undecided: ${found.length - better - worse}.`;
  const heads = [
    "Setup",
    "Difference (cm)",
    "95 % interval",
    "Chance of being better",
    `${first.name} (cm)`,
    `${second.name} (cm)`,
    "Pairs of seeds",
  ];
  const placeOf = ({ arm, range, data }) =>
    el(
      "td",
      { class: "w" },
      `${arm}, ${range}`,
      el("div", { class: "variant" }, data),
    );
  $("#compare-table").replaceChildren(
    el("thead", {}, el("tr", {}, ...heads.map((head, i) => el("th", { scope: "col", class: i ? "" : "w" }, head)))),
    el(
      "tbody",
      {},
      ...found.map(({ a, b, pairs, middle, low, high, chance }) => {
        const decided = low === null ? "" : high < 0 ? "good" : low > 0 ? "bad" : "";
        const mark = { good: " ▼ better", bad: " ▲ worse" }[decided] || "";
        const texts = [
          low === null ? DASH : `[${shown.error(low)}, ${shown.error(high)}]`,
          `${(100 * chance).toFixed(0)} %`,
          shown.error(a.error),
          shown.error(b.error),
          pairs ? String(pairs) : "none",
        ];
        return el(
          "tr",
          {},
          placeOf(a),
          el("td", { class: decided }, (middle > 0 ? "+" : "") + shown.error(middle) + mark),
          ...texts.map((text) => el("td", {}, text)),
        );
      }),
    ),
  );
}
