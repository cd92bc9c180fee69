// The leaderboard: one row for every method, variant and setup, and for every numerical solver.

const TAGS = {
  floor: ["floor", "It learns no inverse: what others must do better than."],
  gradient: ["exact gradient", "It is given the arm's exact gradient, and is not compared with the others."],
  solver: ["solver", "A numerical solver: it knows the arm, and learns nothing."],
};
const ENOUGH = 5;

/** The scale of the drawn intervals: logarithmic, from the smallest end to the largest. */
function scaleOf(rows) {
  const ends = rows.flatMap((row) => [row.error, row.low, row.high, ...row.errors]).filter((v) => isNumber(v) && v > 0);
  if (!ends.length) return null;
  const low = Math.log10(Math.min(...ends)) - 0.05,
    high = Math.log10(Math.max(...ends)) + 0.05;
  return {
    at: (v) => `${(100 * (Math.log10(Math.max(v, 10 ** low)) - low)) / (high - low)}%`,
    ticks: logTicks(10 ** low, 10 ** high, 4),
  };
}

function rangeOf(look, middle, low, high, singles, scale) {
  const box = el("div", { class: "range", "aria-hidden": "true" }),
    colour = colourOf(look);
  const put = (tag, from, to) => {
    const mark = el(tag);
    mark.style.left = scale.at(from);
    if (to != null) mark.style.right = `calc(100% - ${scale.at(to)})`;
    mark.style.background = colour;
    box.append(mark);
  };
  if (isNumber(low)) put("i", Math.max(low, 1e-9), high);
  else singles.forEach((v) => put("s", v));
  put("u", middle);
  return box;
}

/** The mean with its interval or, where seeds are few, with every seed: as in the tables. */
function errorText(row) {
  if (isNumber(row.low))
    return [shown.error(row.error), `[${shown.error(Math.max(row.low, 0))}, ${shown.error(row.high)}]`];
  if (row.errors.length > 1) return [shown.error(row.error), `(${row.errors.map(shown.error).join(", ")})`];
  return [shown.error(row.error), ""];
}

/** A method's line, name, tag and settings. */
function nameOf(look, name, tag, variant) {
  return el(
    "div",
    { class: "name" },
    swatch(look),
    el(
      "div",
      {},
      name,
      tag ? el("span", { class: "tag", title: tag[1] }, tag[0]) : null,
      variant ? el("div", { class: "variant" }, variant) : null,
    ),
  );
}

function cellOf(row, column, scale) {
  const cell = el("td", {
    role: "cell",
    "data-key": column.key,
    "data-label": column.head,
    class: column.plotted ? "plotted" : column.word ? "w" : "",
  });
  if (column.key === "name") {
    const tag = TAGS[row.kind];
    const button = el(
      "button",
      {
        type: "button",
        class: "link",
        onclick: (event) => {
          event.stopPropagation();
          openRow(row);
        },
      },
      row.name,
    );
    cell.append(nameOf(row.look, button, tag, row.variant));
  } else if (column.plotted) {
    if (scale && isNumber(row.error)) cell.append(rangeOf(row.look, row.error, row.low, row.high, row.errors, scale));
  } else if (column.key === "error") {
    const [middle, spread] = errorText(row);
    cell.classList.add("error");
    cell.append(el("b", {}, middle), spread ? el("span", { class: "spread" }, ` ${spread}`) : "");
  } else cell.append(column.show(row));
  return cell;
}

function drawBoard() {
  const rows = inOrder(visible()),
    scale = scaleOf(rows);
  const isPlace = (column) => PLACES.some(([name]) => name === column.key);
  const learned = rows.filter((row) => row.kind !== "solver"); // the data of solvers are another thing
  const same = (column) =>
    new Set((column.key === "data" && learned.length ? learned : rows).map((row) => row[column.key])).size < 2;
  const task = taskShown(),
    all = columnsOf(task),
    sorted = sortedBy(all);
  const columns = all.filter((column) =>
    isPlace(column)
      ? !same(column)
      : column.plotted || rows.some((row) => column.value(row) != null && column.value(row) !== ""),
  );
  const heads = columns.map((column) => {
    if (column.plotted) {
      const axis = el("div", { class: "axis", "aria-hidden": "true" });
      if (scale)
        axis.append(
          ...scale.ticks.map((tick) => {
            const mark = el("span", {}, shown.short(tick));
            mark.style.left = scale.at(tick);
            return mark;
          }),
        );
      return el(
        "th",
        { scope: "col", role: "columnheader", class: "plotted" },
        el("span", { class: "unseen" }, "Error, drawn"),
        axis,
      );
    }
    const current = sorted === column;
    const button = el(
      "button",
      {
        type: "button",
        onclick: () => {
          sorting = [column.key, current ? -sorting[1] : 1];
          choices.set("sorting", sorting);
          drawBoard();
          $(`#board-table th[data-key="${column.key}"] button`).focus();
        },
      },
      column.head,
    );
    return el(
      "th",
      {
        scope: "col",
        role: "columnheader",
        "data-key": column.key,
        class: column.word ? "w" : "",
        "aria-sort": current ? (sorting[1] > 0 ? "ascending" : "descending") : "none",
      },
      button,
    );
  });
  $("#board-table thead").replaceChildren(el("tr", { role: "row" }, ...heads));
  $("#board-table tbody").replaceChildren(
    ...rows.map((row) =>
      el(
        "tr",
        { role: "row", "data-row": row.place, onclick: () => openRow(row) },
        ...columns.map((column) => cellOf(row, column, scale)),
      ),
    ),
  );
  const common = PLACES.filter(
    ([name]) => !FILTER[name] && rows.length && new Set(rows.map((row) => row[name])).size === 1,
  );
  $("#common").replaceChildren(
    ...common.map(([name, head]) =>
      el("span", {}, `${head}: ${rows[0][name]}${name === "data" && rows[0].kind !== "solver" ? ` ${task.targets}` : ""}`),
    ),
  );
  const most = ofTask().length,
    of = Object.keys(DATA.tasks).length > 1 ? ` of the task ${FILTER.task}` : "";
  $("#count").replaceChildren(
    `${rows.length} of ${plural(most, "row")}${of} shown. `,
    ...(rows.length < most ? [el("button", { type: "button", class: "link", onclick: showAll }, "Show all")] : []),
  );
  $("#board-note").textContent = learned.length
    ? `${task.meaning ? `Mean cost of test targets, over seeds: ${task.meaning}` : "Mean distance between target and reached position, over test positions and seeds"}. In brackets the 95 % t interval of the mean, with fewer than ${ENOUGH} seeds every seed's error. The drawn scale is logarithmic (cm). Data: training + test ${task.targets}. A dash for seconds: trained on several machines or in several ways, which do not compare. Press a row for its trials.`
    : "";
  if (!DATA.rows.length) $("#board").hidden = true;
}
