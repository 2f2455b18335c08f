// The list of benchmarks: worst first, with search, groups and filters; and implementations of the same work side by side.
"use strict";

const overview = (() => {
  const { el } = show;
  const PAGE = 60; // rows that are added at a time
  const WINDOWS = [["10", "last 10 commits"], ["30", "last 30 commits"], ["100", "last 100 commits"], ["300", "last 300 commits"], ["0", "all commits"]];
  let keep = null; // the way back to the list as it was

  function state(parameters) {
    const data = regress.data;
    const place = (all, key) => all.findIndex((one) => one.key === key);
    const branch = Math.max(0, place(data.branches, parameters.get("branch") ?? ""));
    return {
      branch: parameters.has("branch") ? branch : 0,
      environment: parameters.has("env") ? place(data.environments, parameters.get("env")) : -1,
      group: parameters.get("group") ?? "",
      query: parameters.get("q") ?? "",
      outcomes: new Set((parameters.get("outcome") ?? "").split(",").filter((name) => name in show.OUTCOMES)),
      recent: WINDOWS.some(([n]) => n === parameters.get("recent")) ? Number(parameters.get("recent")) : 100,
      sort: ["worst", "name", "latest"].includes(parameters.get("sort")) ? parameters.get("sort") : "worst",
    };
  }

  function address(s) {
    const data = regress.data;
    const p = new URLSearchParams();
    if (s.branch !== 0) { p.set("branch", data.branches[s.branch].key); }
    if (s.environment >= 0) { p.set("env", data.environments[s.environment].key); }
    if (s.group !== "") { p.set("group", s.group); }
    if (s.query !== "") { p.set("q", s.query); }
    if (s.outcomes.size > 0) { p.set("outcome", [...s.outcomes].join(",")); }
    if (s.recent !== 100) { p.set("recent", String(s.recent)); }
    if (s.sort !== "worst") { p.set("sort", s.sort); }
    const text = p.toString();
    return `#/${text === "" ? "" : `?${text}`}`;
  }

  const chartAddress = (s, keys, more = {}) => {
    const data = regress.data;
    const p = new URLSearchParams();
    keys.forEach((key) => p.append("b", key));
    if (s.branch !== 0) { p.set("branch", data.branches[s.branch].key); }
    if (s.environment >= 0) { p.set("env", data.environments[s.environment].key); }
    Object.entries(more).forEach(([key, value]) => p.set(key, value));
    return `#/chart?${p}`;
  };

  const isIn = (label, group) => group === "" || label === group || label.startsWith(`${group}/`);

  // All rows of a branch and environment, with what became of them.
  function rowsOf(s) {
    const data = regress.data;
    const from = regress.since(s.branch, s.recent);
    return data.tracks
      .filter((t) => t.branch === s.branch && (s.environment < 0 || t.environment === s.environment))
      .map((track) => ({ track, benchmark: data.benchmarks[track.benchmark], ...regress.outcome(track, from) }));
  }

  function chosen(rows, s) {
    const words = s.query.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const kept = rows.filter((row) =>
      isIn(row.benchmark.label, s.group) && words.every((word) => row.benchmark.search.includes(word)));
    return { all: kept, shown: kept.filter((row) => s.outcomes.size === 0 || s.outcomes.has(row.name)) };
  }

  function sorted(rows, sort) {
    const byName = (a, b) => (a.benchmark.label < b.benchmark.label ? -1 : a.benchmark.label > b.benchmark.label ? 1 : a.track.environment - b.track.environment);
    const rank = (row) => show.OUTCOMES[row.name].rank;
    const orders = {
      name: byName,
      worst: (a, b) => rank(a) - rank(b) || (a.name === "faster" ? a.net - b.net : b.net - a.net) || byName(a, b),
      latest: (a, b) => (b.latest?.at ?? -1) - (a.latest?.at ?? -1) || byName(a, b),
    };
    return [...rows].sort(orders[sort]);
  }

  // Groups by the parts of names, with counts.
  function tree(rows) {
    const root = { name: "", path: "", n: 0, slower: 0, children: new Map() };
    for (const row of rows) {
      let node = root;
      const count = (node) => { node.n += 1; node.slower += row.name === "slower" ? 1 : 0; };
      count(node);
      for (const part of row.benchmark.parts.slice(0, -1)) {
        if (!node.children.has(part)) {
          node.children.set(part, { name: part, path: node.path === "" ? part : `${node.path}/${part}`, n: 0, slower: 0, children: new Map() });
        }
        node = node.children.get(part);
        count(node);
      }
    }
    return root;
  }

  function drawTree(node, s, pick) {
    const list = el("ul", {});
    for (const child of [...node.children.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const item = el("li", {});
      const isOpen = isIn(s.group, child.path) && s.group !== "";
      const counts = el("span", { class: "count" }, child.slower > 0 ? el("span", { class: "bad" }, `▲${child.slower} `) : null, String(child.n));
      const label = el("button", { type: "button", class: "group", "aria-pressed": String(s.group === child.path), on: { click: () => pick(s.group === child.path ? "" : child.path) } }, el("span", { class: "name" }, child.name), counts);
      let below = null;
      const open = (wanted) => {
        if (wanted && below === null) { below = drawTree(child, s, pick); item.append(below); }
        if (below !== null) { below.hidden = !wanted; }
        toggle.setAttribute("aria-expanded", String(wanted));
        toggle.textContent = wanted ? "▾" : "▸";
      };
      const toggle = el("button", { type: "button", class: "toggle", "aria-label": `Groups in ${child.path}`, "aria-expanded": "false", on: { click: () => open(toggle.getAttribute("aria-expanded") !== "true") } }, "▸");
      if (child.children.size === 0) { toggle.classList.add("leaf"); toggle.disabled = true; toggle.setAttribute("aria-hidden", "true"); }
      item.append(el("div", { class: "node" }, toggle, label));
      list.append(item);
      if (isOpen && child.children.size > 0) { open(true); }
    }
    return list;
  }

  function page(main, parameters) {
    const data = regress.data;
    const s = state(parameters);
    const marked = new Set();
    let rows = [];
    let list = [];
    let n = 0;

    const search = el("input", { type: "search", id: "search", placeholder: "Search (press /)", value: s.query, autocomplete: "off", spellcheck: false, "aria-label": "Search benchmarks", on: { input: () => { s.query = search.value; draw(); } } });
    const branchChoice = data.branches.length > 1 ? show.choice("Branch", data.branches.map((b, i) => [String(i), b.label]), String(s.branch), (i) => { s.branch = Number(i); s.group = ""; renew(); }) : null;
    const environmentChoice = data.environments.length > 1 ? show.choice("Environment", [["-1", "all"], ...data.environments.map((e, i) => [String(i), e.label])], String(s.environment), (i) => { s.environment = Number(i); renew(); }) : null;
    const recentChoice = show.choice("Changed in", WINDOWS, String(s.recent), (n) => { s.recent = Number(n); renew(); });
    const sortChoice = show.choice("Order", [["worst", "worst first"], ["name", "name"], ["latest", "latest change"]], s.sort, (sort) => { s.sort = sort; draw(); });
    const chips = el("div", { class: "chips", role: "group", "aria-label": "Outcomes" });
    const groups = el("nav", { "aria-label": "Groups" });
    const count = el("p", { class: "muted", id: "count" });
    const body = el("tbody", {});
    const hasEnvironments = data.environments.length > 1;
    const table = el("table", { class: "list", id: "list" },
      el("caption", { class: "unseen" }, "Benchmarks"),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, el("span", { class: "unseen" }, "Compare")), ...["Benchmark", "Time course", "Last", "Change", "Outcome", "Since"].map((text) => el("th", { scope: "col" }, text)))),
      body);
    const compare = el("button", { type: "button", id: "compare", disabled: true, on: { click: () => compareMarked() } }, "Compare");
    const more = el("button", { type: "button", id: "more", on: { click: () => append() } }, "More");

    const compareMarked = () => { if (marked.size > 0) { location.hash = chartAddress(s, [...marked]); } };
    const toggle = (key, isOn) => {
      if (isOn && marked.size < 8) { marked.add(key); } else { marked.delete(key); }
      compare.disabled = marked.size < 1;
      compare.textContent = marked.size > 0 ? `Compare ${marked.size}` : "Compare";
      show.tell(`${marked.size} to compare`);
    };

    function since(row) {
      const run = row.latest ? row.latest.at : row.name === "drifted" ? row.track.drift.since : null;
      if (run === null) { return ""; }
      const release = row.name === "drifted" ? show.releasesAt(run) : [];
      return [show.commit(run), " ", el("span", { class: "muted small" }, release.length > 0 ? `${release.join(", ")}, ` : "", show.day(run))];
    }

    function line(row) {
      const { track, benchmark } = row;
      const box = el("input", { type: "checkbox", checked: marked.has(benchmark.key), "aria-label": `Compare ${benchmark.label}`, on: { change: () => { toggle(benchmark.key, box.checked); box.checked = marked.has(benchmark.key); } } });
      const link = el("a", { class: "name", href: chartAddress(s, [benchmark.key], hasEnvironments && s.environment < 0 ? { env: data.environments[track.environment].key } : {}) }, el("bdi", {}, benchmark.label));
      const environment = hasEnvironments && s.environment < 0 ? el("span", { class: "muted small" }, data.environments[track.environment].label) : null;
      return el("tr", { class: row.name },
        el("td", { class: "mark" }, box),
        el("th", { scope: "row" }, link, environment),
        el("td", { class: "course" }, show.spark(track)),
        el("td", { class: "number last" }, show.value(track.last, benchmark.unit)),
        el("td", { class: `number net ${row.moved ? (row.net > 0 ? "bad" : "good") : "muted"}` }, row.moved ? show.change(row.net) : "·"),
        el("td", { class: "verdict" }, show.outcome(row.name)),
        el("td", { class: "since" }, since(row)));
    }

    function append() {
      const next = list.slice(n, n + PAGE);
      n += next.length;
      body.append(...next.map(line));
      more.hidden = n >= list.length;
      more.textContent = `Show more (${list.length - n} left)`;
    }

    function draw() {
      const { all, shown } = chosen(rows, s);
      list = sorted(shown, s.sort);
      n = 0;
      body.replaceChildren();
      append();
      const counts = {};
      all.forEach((row) => { counts[row.name] = (counts[row.name] ?? 0) + 1; });
      chips.replaceChildren(...Object.entries(show.OUTCOMES).filter(([name]) => counts[name] > 0 || s.outcomes.has(name)).map(([name, { word, sign }]) =>
        el("button", { type: "button", class: `chip ${name}`, "aria-pressed": String(s.outcomes.has(name)), on: { click: () => { if (!s.outcomes.delete(name)) { s.outcomes.add(name); } draw(); chips.querySelector(`.${name}`)?.focus(); } } }, `${sign} ${word} ${counts[name] ?? 0}`)));
      count.textContent = list.length === rows.length ? `${rows.length} series` : `${list.length} of ${rows.length} series`;
      if (list.length === 0) { count.textContent += rows.length === 0 ? ": nothing was measured here" : ": nothing is left; clear the search or the filters"; }
      history.replaceState(null, "", address(s));
    }

    function renew() {
      rows = rowsOf(s);
      const pick = (group) => { s.group = group; renew(); [...groups.querySelectorAll(".group")].find((b) => b.getAttribute("aria-pressed") === "true")?.focus(); };
      groups.replaceChildren(drawTree(tree(rows), s, pick));
      draw();
    }

    const side = el("details", { class: "side", open: matchMedia("(min-width: 60rem)").matches }, el("summary", {}, "Groups"), groups);
    const workloads = regress.workloads();
    main.replaceChildren(
      el("h1", { class: "unseen" }, "Overview"),
      el("div", { class: "bar" }, search, branchChoice, environmentChoice, recentChoice, sortChoice, compare,
        workloads.length > 0 || data.rivals.length > 0 ? el("a", { class: "button", href: `#/implementations${s.branch !== 0 ? `?branch=${encodeURIComponent(data.branches[s.branch].key)}` : ""}` }, "Implementations") : null),
      chips,
      el("div", { class: "columns" }, side, el("div", { class: "rows" }, count, table, more)));
    renew();
    const sentinel = new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting) && n > 0 && n < list.length) { append(); } }, { rootMargin: "400px" });
    sentinel.observe(more);
    keep = () => address(s);

    const links = () => [...body.querySelectorAll("a.name")];
    const step = (by) => {
      const all = links();
      const at = all.indexOf(document.activeElement);
      const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
      next?.focus();
      next?.scrollIntoView({ block: "nearest" });
    };
    return {
      keys: {
        "/": () => { search.focus(); search.select(); },
        j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
        c: () => { const box = document.activeElement?.closest("tr")?.querySelector("input"); if (box) { box.click(); } },
        C: compareMarked,
        Escape: () => { if (document.activeElement === search && search.value !== "") { search.value = ""; s.query = ""; draw(); } else { document.activeElement?.blur(); } },
      },
      end: () => sentinel.disconnect(),
    };
  }

  // Implementations of the same workload. Only a report of `regress rivals` knows what was computed, so that only it tells a ratio;
  // of what is in history, the last values stand side by side.
  function implementations(main, parameters) {
    const data = regress.data;
    const s = state(parameters);
    const workloads = regress.workloads();
    const table = (label, caption, heads, rows) => el("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": label }, el("table", { class: "list plain" },
      el("caption", { class: "muted" }, caption),
      el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, ...rows)));

    const EARLIER = 5;
    const pairs = new Map();
    for (const report of data.rivals) {
      const key = JSON.stringify([report.ours, report.theirs]);
      pairs.set(key, [...(pairs.get(key) ?? []), report]);
    }
    const known = (key) => data.benchmarks.some((b) => b.key === key);
    const told = (row) => (row.words ? el("span", { class: row.standing === "faster" ? "good" : row.standing === "slower" ? "bad" : "muted" }, row.words) : el("span", { class: "muted" }, `no ratio: ${row.refusals.join("; ")}`));
    const rivals = [...pairs.values()].map((reports) => {
      const last = reports[reports.length - 1];
      const before = reports.slice(0, -1).reverse();
      const rows = last.rows.map((row) => {
        const earlier = before.map((report) => ({ at: report.at, row: report.rows.find((other) => other.workload === row.workload) })).filter((one) => one.row).slice(0, EARLIER);
        const keys = row.keys.filter(known);
        const name = el("bdi", {}, row.workload);
        return el("tr", {},
          el("th", { scope: "row" }, keys.length > 0 ? el("a", { class: "name", href: chartAddress(s, keys) }, name) : name),
          ...row.times.map((time) => el("td", { class: "number" }, show.value(time, row.unit))),
          el("td", {}, told(row)),
          el("td", { class: "small" }, ...earlier.map((one) => el("div", {}, el("span", { class: "muted" }, `${one.at ?? "?"} `), told(one.row)))));
      });
      const about = [last.at, last.commit ? `commit ${show.brief(last.commit)}` : "of an unknown commit"].filter((text) => text).join(", ");
      return el("section", { class: "rivals" }, el("h2", {}, el("bdi", {}, last.ours), " against ", el("bdi", {}, last.theirs)),
        el("p", {}, `${last.headline}; ${last.together}. `, el("span", { class: "muted" }, about)),
        table(`${last.ours} against ${last.theirs}`, "As the latest report of `regress rivals` tells it. Reports of other commits stand under Earlier.", ["Workload", last.ours, last.theirs, `${last.ours} is`, "Earlier"], rows));
    });

    const names = [...new Set(workloads.flatMap((w) => w.members.map((m) => m.implementation)))].sort();
    const environments = data.environments.map((_, i) => i).filter((i) => s.environment < 0 || s.environment === i);
    const times = environments.map((environment) => {
      const track = (b) => data.tracks.find((t) => t.benchmark === b && t.branch === s.branch && t.environment === environment);
      const rows = workloads.map((w) => {
        const tracks = new Map(w.members.map((m) => [m.implementation, { benchmark: m.benchmark, track: track(m.benchmark) }]));
        return { w, tracks };
      }).filter(({ tracks }) => [...tracks.values()].filter((one) => one.track).length > 1);
      if (rows.length === 0) { return null; }
      const cells = ({ w, tracks }) => {
        const keys = [...tracks.values()].filter((one) => one.track).map((one) => data.benchmarks[one.benchmark].key);
        return el("tr", {}, el("th", { scope: "row" }, el("a", { class: "name", href: chartAddress({ ...s, environment }, keys) }, el("bdi", {}, w.label))), ...names.map((name) => {
          const one = tracks.get(name)?.track;
          return one ? el("td", { class: "number" }, show.value(one.last, data.benchmarks[one.benchmark].unit)) : el("td", { class: "number muted" }, "·");
        }));
      };
      const label = data.environments[environment].label;
      return el("section", { class: "times" }, el("h2", {}, label), table(`Implementations on ${label}`, "Last values in history. A workload opens its chart over time.", ["Workload", ...names], rows.map(cells)));
    });

    const why = "Which one is faster, and by how much, is told by reports of `regress rivals` alone: history keeps times, and not whether both computed the same, or waited until it was done.";
    main.replaceChildren(el("h1", { class: "title" }, "Implementations"), el("div", { class: "bar" }, el("a", { class: "button", href: "#/" }, "‹ Overview")),
      el("p", { class: "muted", id: "why" }, rivals.length > 0 ? why : `${why} This page was made without one (\`regress dashboard --rivals REPORT\`), so that it tells no ratio.`),
      ...rivals, ...times.filter((one) => one !== null));
    if (workloads.length === 0) { main.append(el("p", {}, "No two benchmarks have ids group/implementation/value of the same group and value.")); }
    return { keys: { Escape: () => { location.hash = "#/"; } }, end: () => {} };
  }

  return { page, implementations, chartAddress, back: () => (keep ? keep() : "#/") };
})();
