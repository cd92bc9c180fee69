// A run that is not finished: how its trials are doing, or what is missing; and the page's own refreshing.

function drawLive() {
  const { live } = DATA;
  $("#live").hidden = !live;
  if (!live) return;
  const { counts } = live,
    going = live.state === "running",
    of = counts.waiting + counts.running + counts.done + counts.failed;
  $("#h-live").textContent = going ? "This run is going on" : "This run was ended early";
  const parts = [
    `${counts.done} of ${plural(of, "trial")} done`,
    counts.failed ? `${counts.failed} failed` : "",
    counts.running ? `${counts.running} ${going ? "running" : "were running"}` : "",
    counts.waiting ? `${counts.waiting} ${going ? "waiting" : "not begun"}` : "",
    live.later ? `${live.later} more to come after these` : "",
  ];
  $("#live-text").textContent =
    `${parts.filter(Boolean).join(", ")}. ${going ? `As of ${live.at}; the page looks for news every ${live.every} seconds, except while a trial is open.` : `What stands below is missing from this page, which was written at ${live.at}. The same command goes on with it.`}`;
  const heads = ["Trial", "", "Iteration", "Error now (cm)", going ? "Left" : ""];
  $("#live-table").replaceChildren(
    el("thead", {}, el("tr", {}, ...heads.map((head, i) => el("th", { scope: "col", class: i ? "" : "w" }, head)))),
    el(
      "tbody",
      {},
      ...live.trials.map((trial) => {
        const at = trial.iteration,
          bar = trial.iterations
            ? el("progress", { max: trial.iterations, value: at, "aria-label": `Iterations of ${trial.name}` })
            : null;
        return el(
          "tr",
          {},
          el("td", { class: "w" }, trial.name),
          el("td", {}, bar || trial.state),
          el("td", {}, trial.iterations ? `${at} / ${trial.iterations}` : ""),
          el("td", {}, isNumber(trial.error) ? shown.error(trial.error) : ""),
          el("td", {}, going ? shown.clock(trial.left) : ""),
        );
      }),
    ),
  );
  if (going) setTimeout(look, 1000 * live.every);
}

/** Reads the page anew, with the same scroll position, unless the reader is in the middle of something. */
function look() {
  const busy = dialog.open || ["INPUT", "SELECT"].includes((document.activeElement || {}).tagName);
  if (busy) setTimeout(look, 1000);
  else location.reload();
}
