// What all parts of the page use: elements, numbers as text, means with intervals, and what the reader has chosen.

const $ = (selector, within = document) => within.querySelector(selector);
const DATA = JSON.parse($("#data").textContent);
/** Rows with names, from what has the names once. */
const withNames = ([names, ...rows]) =>
  rows.map((values) => Object.fromEntries(names.map((name, i) => [name, values[i]])));
DATA.rows = withNames(DATA.rows);
DATA.trials = withNames(DATA.trials);
DATA.rows.forEach((row, place) => {
  row.place = place;
  row.trials = [];
});
DATA.trials.forEach((trial) => DATA.rows[trial.row].trials.push(trial));

/** An element with attributes and children. Texts are text nodes: nothing in them is markup. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element[name] = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

const isNumber = (value) => typeof value === "number";
const DASH = "–";
const shown = {
  error: (v) =>
    !isNumber(v)
      ? DASH
      : v > 0 && v < 0.0005
        ? "<0.001"
        : v.toFixed(v !== 0 && Math.abs(v) < 0.095 ? 3 : 2).replace("-", "−"),
  whole: (v) => (!isNumber(v) ? DASH : Math.round(v).toLocaleString("en")),
  percent: (v) => (!isNumber(v) ? DASH : (100 * v).toFixed(1)),
  seconds: (v) => (!isNumber(v) ? DASH : v < 10 ? v.toFixed(1) : Math.round(v).toLocaleString("en")),
  micro: (v) =>
    !isNumber(v) ? DASH : (1e6 * v).toPrecision(3).replace(/e.*/, "") && Math.round(1e6 * v).toLocaleString("en"),
  short: (v) =>
    v === 0
      ? "0"
      : Math.abs(v) >= 1e6
        ? +(v / 1e6).toPrecision(3) + "M"
        : Math.abs(v) >= 1e3
          ? +(v / 1e3).toPrecision(3) + "k"
          : String(+v.toPrecision(3)),
  clock: (s) =>
    !isNumber(s)
      ? ""
      : s < 60
        ? `${Math.round(s)} s`
        : s < 3600
          ? `${Math.round(s / 60)} min`
          : `${(s / 3600).toFixed(1)} h`,
};
const plural = (count, one, many = one + "s") => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Half the width of the 95 % t interval of a mean; null for a single value. */
function halfWidth(values) {
  if (values.length < 2) return null;
  const middle = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
  return DATA.t[Math.min(values.length - 2, DATA.t.length - 1)] * Math.sqrt(variance / values.length);
}

/** What the reader has chosen; it survives a reload of the page, which a live one does by itself. */
const choices = (() => {
  const key = `emssl-bench ${location.pathname}`;
  let kept = {};
  try {
    kept = JSON.parse(sessionStorage.getItem(key) || "{}");
  } catch {
    /* storage may be forbidden */
  }
  return {
    get: (name, otherwise) => (name in kept ? kept[name] : otherwise),
    set(name, value) {
      kept[name] = value;
      try {
        sessionStorage.setItem(key, JSON.stringify(kept));
      } catch {
        /* then it does not survive */
      }
    },
  };
})();

/** A labelled select; `options` are pairs of value and text. */
function chooser(label, name, options, value, changed) {
  const select = el("select", { name, id: `choose-${name}` });
  select.append(...options.map(([v, text]) => el("option", { value: v }, text)));
  select.value = options.some(([v]) => String(v) === String(value)) ? value : options.length ? options[0][0] : "";
  select.onchange = () => changed(select.value);
  return field(label, select);
}

/** A control below its label. */
function field(label, control) {
  return el("div", { class: "field" }, el("label", { for: control.id }, label), control);
}

/** Ticks of a logarithmic axis between two values: at 1, 2 and 5, or at fewer places where that is crowded. */
function logTicks(low, high, most = 6) {
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const found = [];
    for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)); power++)
      for (const step of steps) {
        const tick = +(step * 10 ** power).toPrecision(6);
        if (tick >= low * 0.999 && tick <= high * 1.001) found.push(tick);
      }
    if (found.length <= most) return found;
  }
  return [];
}
