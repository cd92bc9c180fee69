// Which rows are shown: of one task, by arm, data, joint range, method and text. All parts of the page follow.

const PLACES = [
  ["arm", "Arm"],
  ["task", "Task"],
  ["data", "Data"],
  ["range", "Joint range"],
];
const SOLVERS = DATA.rows.filter((row) => row.kind === "solver");
const solverSets = new Set(SOLVERS.map((row) => row.data));
const firstSet = SOLVERS.length ? SOLVERS[0].data : "";
const fullName = (row) => (row.variant ? `${row.name} (${row.variant})` : row.name);

/** The setup that most trials are of, of all tasks or of one; of equal ones, that with more data. */
function fullestSetup(task = null) {
  const setups = new Map(),
    rows = DATA.rows.filter((row) => task === null || row.task === task),
    learned = rows.filter((row) => row.kind !== "solver");
  for (const row of learned.length ? learned : rows) {
    const key = JSON.stringify(PLACES.map(([name]) => row[name]));
    const found = setups.get(key) || { row, trials: 0, data: parseInt(row.data.replace(/,/g, ""), 10) || 0 };
    if (!row.variant) found.trials += row.count;
    setups.set(key, found);
  }
  const [best] = [...setups.values()].sort((a, b) => b.trials - a.trials || b.data - a.data);
  return Object.fromEntries(PLACES.map(([name]) => [name, best ? best.row[name] : ""]));
}

const FILTER = {
  ...fullestSetup(),
  method: "",
  text: "",
  variants: false,
  solvers: true,
};
const MOST_SOLVERS = 8;
FILTER.solvers = fewSolvers();
Object.assign(FILTER, choices.get("filter", {}));
if (!(FILTER.task in DATA.tasks)) FILTER.task = fullestSetup().task;

/** What the page says of the errors of the task that is shown. Errors of different tasks are never shown together. */
const taskShown = () => DATA.tasks[FILTER.task] || { word: "error", meaning: "", targets: "targets", apart: [], rates: [] };
const ofTask = () => DATA.rows.filter((row) => row.task === FILTER.task);

function passes(row) {
  const words = FILTER.text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const [name] of PLACES) {
    if (!FILTER[name] || row[name] === FILTER[name]) continue;
    if (name === "data" && row.kind === "solver" && row.data === firstSet && !solverSets.has(FILTER.data)) continue;
    return false;
  }
  if (FILTER.method && row.method !== FILTER.method) return false;
  if (row.kind === "solver" ? !FILTER.solvers : row.variant && !FILTER.variants && !words.length) return false;
  const all =
    `${fullName(row)} ${row.method} ${row.arm} ${row.task} ${row.data} ${row.range} ${row.kind}`.toLowerCase();
  return words.every((word) => all.includes(word));
}

const visible = () => DATA.rows.filter(passes);

/** What tells the row from others that are shown, after its method: the places that they do not share. */
function labelOf(row, rows) {
  const apart = PLACES.filter(([name]) => new Set(rows.map((each) => each[name])).size > 1).map(([name]) => row[name]);
  return [fullName(row), ...apart].join(", ");
}

function drawFilters() {
  const form = $("#filters");
  form.onsubmit = (event) => event.preventDefault();
  const change = (name) => (value) => {
    FILTER[name] = value;
    choices.set("filter", { ...FILTER });
    drawAll();
  };
  const changeTask = (value) => {
    Object.assign(FILTER, fullestSetup(value));
    choices.set("filter", { ...FILTER });
    drawFilters();
    drawCurveOptions();
    drawAll();
    drawArms();
    drawNav();
    $("#choose-task").focus();
  };
  const values = (name) => [...new Set(ofTask().map((row) => row[name]))].map((value) => [value, value]);
  const methods = [...new Map(ofTask().map((row) => [row.method, row.name])).entries()];
  const tasks = Object.keys(DATA.tasks).map((task) => [task, task]);
  const parts = PLACES.map(([name, label]) =>
    name === "task"
      ? chooser(label, name, tasks, FILTER.task, changeTask)
      : chooser(label, name, [["", "all"], ...values(name)], FILTER[name], change(name)),
  );
  parts.push(chooser("Method", "method", [["", "all"], ...methods], FILTER.method, change("method")));
  const search = el("input", {
    type: "search",
    name: "text",
    id: "choose-text",
    placeholder: "e.g. replay_share",
    autocomplete: "off",
  });
  search.value = FILTER.text;
  search.oninput = () => change("text")(search.value);
  parts.push(field("Contains", search));
  const check = (name, text) => {
    const box = el("input", { type: "checkbox", name });
    box.checked = FILTER[name];
    box.onchange = () => change(name)(box.checked);
    return el("label", { class: "check" }, box, text);
  };
  if (ofTask().some((row) => row.variant && row.kind !== "solver"))
    parts.push(check("variants", "Other settings too"));
  if (SOLVERS.length && SOLVERS.length < DATA.rows.length)
    parts.push(check("solvers", `Numerical solvers (${new Set(SOLVERS.map((row) => row.method)).size})`));
  form.replaceChildren(...parts);
}

/** Of many solvers the reader asks, so that methods are not lost among them. */
function fewSolvers() {
  const shown = SOLVERS.filter((row) => passes(row)).length;
  return SOLVERS.length === DATA.rows.length || shown <= MOST_SOLVERS;
}

/** Shows everything that there is of the task. */
function showAll() {
  Object.assign(FILTER, {
    arm: "",
    data: "",
    range: "",
    method: "",
    text: "",
    variants: true,
    solvers: true,
  });
  choices.set("filter", { ...FILTER });
  drawFilters();
  drawAll();
}
