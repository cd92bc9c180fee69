// Puts the page together.

function drawAll() {
  drawBoard();
  drawCurves();
  drawMapSection();
  drawCompare();
  const rows = inOrder(visible()).filter((row) => row.command);
  $("#commands").textContent = rows.map((row) => row.command).join("\n") || "(none)";
}

function drawLead() {
  const counts = Object.entries(DATA.experiments)
    .map(([name, count]) => `${count} of ${name}`)
    .join(", ");
  const total = Object.values(DATA.experiments).reduce((sum, count) => sum + count, 0);
  const arms = new Set(DATA.rows.map((row) => row.arm)).size,
    methods = new Set(DATA.rows.filter((row) => row.kind !== "solver").map((row) => row.method)).size;
  const parts = [
    `${plural(total, "trial")}${counts && Object.keys(DATA.experiments).length > 1 ? ` (${counts})` : ""}`,
    methods ? plural(methods, "method") : "",
    SOLVERS.length ? plural(new Set(SOLVERS.map((row) => row.method)).size, "numerical solver") : "",
    arms ? plural(arms, "arm") : "",
  ];
  $("#lead").replaceChildren(
    parts.filter(Boolean).join(", "),
    DATA.failures.length ? el("span", { class: "bad" }, `; ${DATA.failures.length} failed`) : "",
    ". Everything is in this one file: it needs no network.",
  );
}

function drawNav() {
  const sections = [...document.querySelectorAll("main > section")].filter((section) => !section.hidden);
  $("#nav").replaceChildren(
    ...sections.map((section) => el("a", { href: `#${section.id}` }, $("h2", section).textContent)),
  );
}

function setTheme(theme) {
  root.dataset.theme = theme;
  choices.set("theme", theme);
  drawAll();
  drawArms();
}

$("#theme").onclick = () => setTheme(isDark() ? "light" : "dark");
if (choices.get("theme")) root.dataset.theme = choices.get("theme");
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  drawAll();
  drawArms();
});

const topics = [...document.querySelectorAll("#report details.topic")];
$("#fold").onclick = () => {
  const open = topics.some((topic) => !topic.open);
  topics.forEach((topic) => {
    topic.open = open;
  });
  $("#fold").textContent = open ? "Close all" : "Open all";
};
// On paper everything is open and light, drawings too.
let folded = [],
  themed = "";
addEventListener("beforeprint", () => {
  folded = topics.filter((topic) => !topic.open);
  folded.forEach((topic) => {
    topic.open = true;
  });
  themed = root.dataset.theme || "";
  root.dataset.theme = "light";
  drawAll();
  drawArms();
});
addEventListener("afterprint", () => {
  folded.forEach((topic) => {
    topic.open = false;
  });
  if (themed) root.dataset.theme = themed;
  else delete root.dataset.theme;
  drawAll();
  drawArms();
});

let resized = 0,
  lastWidth = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === lastWidth) return;
  lastWidth = innerWidth;
  clearTimeout(resized);
  resized = setTimeout(() => {
    drawCurves();
    paintMaps();
  }, 120);
});

drawLive();
drawLead();
drawFilters();
drawCurveOptions();
drawAll();
drawArms();
drawFailures();
if (!topics.length) $("#report").hidden = true;
drawNav();
root.dataset.ready = String(Math.round(performance.now()));
