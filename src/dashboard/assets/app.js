// Which page is shown, keys, and light or dark.
"use strict";

(() => {
  const main = document.getElementById("main");
  let page = { keys: {}, end: () => {} };

  const stored = (key, value) => {
    // A browser may forbid it to pages on a disk.
    try { if (value !== undefined) { localStorage.setItem(key, value); } return localStorage.getItem(key); } catch { return null; }
  };

  // Light or dark: as the system says, until somebody chooses.
  const button = document.getElementById("theme");
  const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  function theme(name) {
    if (name) { document.documentElement.dataset.theme = name; }
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark() ? "Light colours" : "Dark colours");
    if (page.theme) { page.theme(); }
  }
  const swap = () => { const name = isDark() ? "light" : "dark"; stored("regress-theme", name); theme(name); };
  button.addEventListener("click", swap);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => theme());
  const chosen = stored("regress-theme");
  theme(chosen === "dark" || chosen === "light" ? chosen : undefined);

  document.getElementById("skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });

  const KEYS = [
    ["/", "search, or add a benchmark to a chart"], ["j k ↓ ↑", "next and previous benchmark"], ["Enter", "open it; in a chart, hold the point"],
    ["c", "mark it for comparison"], ["Shift C", "compare what is marked"], ["← →", "run by run, in a chart"], ["[ ]", "change by change"],
    ["+ − 0", "zoom in, out, and all"], ["d", "dark or light"], ["Esc", "back"], ["?", "these keys"],
  ];
  const dialog = document.getElementById("keys");
  document.getElementById("keys-list").append(...KEYS.flatMap(([key, text]) => [show.el("dt", {}, show.el("kbd", {}, key)), show.el("dd", {}, text)]));
  document.getElementById("keys-close").addEventListener("click", () => dialog.close());
  document.getElementById("help").addEventListener("click", () => dialog.showModal());

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) { return; }
    const isTyping = event.target.matches("input[type=search], input[type=text], select");
    if (isTyping && event.key !== "Escape") { return; }
    const all = { ...page.keys, d: swap, "?": () => dialog.showModal() };
    const work = all[event.key];
    if (work && work(event) !== true) { event.preventDefault(); }
  });

  function open() {
    const [path, query] = location.hash.replace(/^#/, "").split(/\?(.*)/s);
    const parameters = new URLSearchParams(query ?? "");
    page.end();
    const draw = path === "/chart" ? chart.page : path === "/implementations" ? overview.implementations : overview.page;
    page = draw(main, parameters);
    const heading = main.querySelector("h1")?.textContent ?? "";
    document.title = `${draw === overview.page ? "" : `${heading} · `}${regress.data.title}`;
    scrollTo(0, 0);
  }

  // Without its data, the page says so.
  const failed = (event) => {
    const loading = document.getElementById("loading");
    if (!loading) { return; }
    const isIndex = event.target instanceof HTMLScriptElement;
    loading.textContent = isIndex ? `${event.target.getAttribute("src")} could not be read.` : `History could not be shown: ${event.message}`;
    loading.className = "bad";
  };
  addEventListener("error", failed, true);
  regress.started.then(() => {
    const { data } = regress;
    document.getElementById("title").textContent = data.title;
    const last = data.runs.revision.length - 1;
    const about = [`${data.benchmarks.length} benchmarks`, `${last + 1} runs`];
    if (last >= 0 && show.day(last) !== "") { about.push(`until ${show.day(last)}`); }
    if (data.left_out > 0) { about.push(`${data.left_out} branches left out`); }
    document.getElementById("about").textContent = about.join(", ");
    addEventListener("hashchange", open);
    open();
    document.documentElement.dataset.ready = "1";
  });
})();
