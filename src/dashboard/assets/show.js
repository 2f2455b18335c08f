// Elements and words. Text from history only ever becomes text: `textContent`, never markup.
"use strict";

const show = (() => {
  // An element with properties and children; strings become text.
  function el(name, properties = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (value === undefined || value === null || value === false) { continue; }
      if (key === "on") { Object.entries(value).forEach(([event, handler]) => element.addEventListener(event, handler)); }
      else if (key === "class") { element.className = value; }
      else if (key in element && !key.startsWith("aria") && key !== "list") { element[key] = value; }
      else { element.setAttribute(key, value === true ? "" : String(value)); }
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return element;
  }

  function svg(name, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, String(value)));
    return element;
  }

  const digits = (value) => {
    const size = Math.abs(value);
    if (size === 0) { return "0"; }
    if (size >= 1e7 || size < 1e-4) { return value.toExponential(2); }
    return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 2 - Math.floor(Math.log10(size)));
  };

  const STEPS = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"], [1e-3, "ps"]];
  const LARGE = [[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]];

  // By what values up to `largest` are divided, and the unit that they have then.
  function scale(unit, largest) {
    const steps = unit === "ns" ? STEPS : LARGE;
    const [divisor, name] = steps.find(([d]) => Math.abs(largest) >= d * 0.9995) ?? (unit === "ns" ? [1, "ns"] : [1, ""]);
    return { divisor, name: unit === "ns" ? name : `${name}${name === "" ? "" : " "}${unit}` };
  }

  function value(number, unit) {
    if (!Number.isFinite(number)) { return "–"; }
    const { divisor, name } = scale(unit, number);
    return `${digits(number / divisor)} ${name}`;
  }

  function rate(work, nanoseconds, unit) {
    if (!work || unit !== "ns" || !(nanoseconds > 0)) { return ""; }
    const second = work[0] * 1e9 / nanoseconds;
    const [divisor, prefix] = [[1e12, "T"], ...LARGE].find(([d]) => second >= d * 0.9995) ?? [1, ""];
    return `${digits(second / divisor)} ${prefix}${work[1]}/s`;
  }

  // A log ratio as a change: `+31 %`, `−4.2 %`, `×12.3`.
  function change(log) {
    const percent = 100 * Math.expm1(log);
    if (!Number.isFinite(percent) || percent >= 999.5 || percent < -99.45) { return `×${digits(Math.exp(log))}`; }
    const text = Math.abs(percent).toFixed(Math.abs(percent) >= 9.95 ? 0 : 1);
    if (Number(text) === 0) { return "0.0 %"; }
    return `${percent > 0 ? "+" : "−"}${text} %`;
  }

  const interval = (c) => (c.lower === null || c.upper === null ? "" : `${change(c.lower)} to ${change(c.upper)}`);

  const OUTCOMES = {
    slower: { word: "slower", sign: "▲", rank: 0 },
    suspected: { word: "suspected", sign: "?", rank: 1 },
    drifted: { word: "drifted", sign: "~", rank: 2 },
    faster: { word: "faster", sign: "▼", rank: 3 },
    steady: { word: "steady", sign: "–", rank: 4 },
    few: { word: "too few runs", sign: "…", rank: 5 },
    gone: { word: "not measured lately", sign: "×", rank: 6 },
  };

  const outcome = (name) => el("span", { class: `outcome ${name}` }, `${OUTCOMES[name].sign} ${OUTCOMES[name].word}`);

  const hidden = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
  const visible = (text) => text.replace(hidden, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);

  const brief = (revision) => visible(/^[0-9a-f]{16,}/.test(revision) ? revision.slice(0, 9) + (revision.endsWith("-dirty") ? "-dirty" : "") : revision.slice(0, 24));

  const day = (run) => {
    const at = regress.data.runs.at[run];
    return at === null || at === undefined ? "" : new Date(at * 1000).toISOString().slice(0, 10);
  };

  // A commit, as a link where there is a page of it. Only the web is linked to.
  function commit(run) {
    const revision = regress.data.runs.revision[run];
    const base = regress.data.commit_url;
    const text = brief(revision);
    if (base === null || !/^https?:\/\//.test(base) || revision.endsWith("-dirty")) { return el("code", { title: visible(revision) }, text); }
    return el("a", { href: base + encodeURIComponent(revision), rel: "noreferrer", class: "commit", title: visible(revision) }, text);
  }

  // The names of releases at a run.
  const releasesAt = (run) => regress.data.releases.filter(([of]) => regress.data.runs.revision[of] === regress.data.runs.revision[run]).map(([, name]) => name);

  // A line in a small picture, from bytes.
  function spark(track) {
    const bytes = regress.bytesOf(track.spark);
    const image = svg("svg", { viewBox: "0 0 120 28", class: "spark", "aria-hidden": "true", focusable: "false", preserveAspectRatio: "none" });
    const n = bytes.length;
    const x = (i) => (n < 2 ? 60 : 2 + 116 * i / (n - 1));
    const y = (i) => 25 - 22 * bytes[i] / 255;
    let line = "";
    for (let i = 0; i < n; i += 1) { line += `${i === 0 ? "M" : "L"}${x(i).toFixed(1)} ${y(i).toFixed(1)}`; }
    if (n > 0) {
      image.append(svg("path", { d: n === 1 ? "M50 14H70" : line }));
      image.append(svg("circle", { cx: x(n - 1).toFixed(1), cy: y(n - 1).toFixed(1), r: 2 }));
    }
    return image;
  }

  function tell(text) { document.getElementById("told").textContent = text; }

  // A choice with a label.
  function choice(label, options, chosen, changed) {
    const select = el("select", { on: { change: () => changed(select.value) } });
    options.forEach(([key, text]) => select.append(el("option", { value: key, selected: key === chosen }, text)));
    return el("label", { class: "choice" }, el("span", {}, label), select);
  }

  return { el, value, rate, change, interval, outcome, releasesAt, OUTCOMES, visible, brief, day, commit, spark, tell, choice, scale, digits };
})();
