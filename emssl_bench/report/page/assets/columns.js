// The columns of the leaderboard, and the order of its rows.

const FIRST = [
  { key: "name", head: "Method", value: (row) => fullName(row).toLowerCase() },
  ...PLACES.map(([key, head]) => ({
    key,
    head,
    word: true,
    value: (row) => (key === "data" ? parseInt(row.data.replace(/,/g, ""), 10) || row.data : row[key]),
    show: (row) => row[key],
  })),
  { key: "plot", head: "", plotted: true },
];
const LAST = [
  { key: "queries", head: "Arm queries", value: (row) => row.queries, show: (row) => shown.whole(row.queries) },
  { key: "labels", head: "Labels", value: (row) => row.labels, show: (row) => shown.whole(row.labels) },
  { key: "steps", head: "Gradient steps", value: (row) => row.steps, show: (row) => shown.whole(row.steps) },
  { key: "seconds", head: "Training (s)", value: (row) => row.seconds, show: (row) => shown.seconds(row.seconds) },
  { key: "answer", head: "Answer (µs)", value: (row) => row.answer, show: (row) => shown.micro(row.answer) },
  {
    key: "count",
    head: "Seeds",
    value: (row) => row.count,
    show: (row) => (row.kind === "solver" ? DASH : String(row.count)),
  },
];

const numeric = (key, head, value, show) => ({ key, head, value, show: (row) => show(value(row)) });

/** The columns of a task: its one number, what stands beside that, and the costs. */
function columnsOf(task) {
  const one = { key: "error", head: `Mean ${task.word} (cm)`, value: (row) => row.error };
  const beside = task.apart.length
    ? [
        ...task.apart.map(([title, unit], i) =>
          numeric(`apart${i}`, `${title} (${unit})`, (row) => row.apart[i][0], shown.error),
        ),
        ...task.apart.map(([title, unit], i) =>
          numeric(`tail${i}`, `${title}, 95 % (${unit})`, (row) => row.apart[i][2], shown.error),
        ),
        ...task.rates.map(([, bounds], i) => numeric(`rate${i}`, `≤ ${bounds.replace(/(\d) /g, "$1\u00a0")} (%)`, (row) => row.rates[i], shown.percent)),
      ]
    : [
        numeric("median", "Median (cm)", (row) => row.median, shown.error),
        numeric("p95", "95 % (cm)", (row) => row.p95, shown.error),
        numeric("mm1", "≤ 1 mm (%)", (row) => row.mm1, shown.percent),
        numeric("cm1", "≤ 1 cm (%)", (row) => row.cm1, shown.percent),
      ];
  return [...FIRST, one, ...beside, ...LAST];
}

let sorting = choices.get("sorting", ["error", 1]);
/** The column that rows are sorted by: the one number, where the task that is shown has no other of that name. */
const sortedBy = (columns) =>
  columns.find(({ key }) => key === sorting[0]) || columns.find(({ key }) => key === "error");

function inOrder(rows) {
  const { value } = sortedBy(columnsOf(taskShown()));
  const compare = (a, b) =>
    typeof a === "string" && typeof b === "string"
      ? a.localeCompare(b, "en", { numeric: true })
      : a < b
        ? -1
        : a > b
          ? 1
          : 0;
  const known = (row) => value(row) != null;
  return [...rows].sort(
    (a, b) => known(b) - known(a) || (known(a) ? sorting[1] * compare(value(a), value(b)) : 0) || a.rank - b.rank,
  );
}
