// One chart: a benchmark, several of them, or several environments, over commits or time.
"use strict";

const chart = (() => {
  const { el } = show;
  const MOST = 8; // lines that can still be told apart

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function state(parameters) {
    const data = regress.data;
    const one = (key, known, fallback) => (known.includes(parameters.get(key)) ? parameters.get(key) : fallback);
    return {
      keys: [...new Set(parameters.getAll("b"))],
      branch: Math.max(0, parameters.has("branch") ? data.branches.findIndex((b) => b.key === parameters.get("branch")) : 0),
      environment: parameters.has("env") ? data.environments.findIndex((e) => e.key === parameters.get("env")) : -1,
      y: one("y", ["value", "relative", "ratio"], "value"),
      x: one("x", ["commit", "time"], "commit"),
      log: parameters.get("log") === "1",
      to: Number(parameters.get("to") ?? 0) || 0,
      at: parameters.get("at"),
    };
  }

  function address(s) {
    const data = regress.data;
    const p = new URLSearchParams();
    s.keys.forEach((key) => p.append("b", key));
    if (s.branch !== 0) { p.set("branch", data.branches[s.branch].key); }
    if (s.environment >= 0) { p.set("env", data.environments[s.environment].key); }
    if (s.y !== "value") { p.set("y", s.y); }
    if (s.x !== "commit") { p.set("x", s.x); }
    if (s.log) { p.set("log", "1"); }
    if (s.to !== 0) { p.set("to", String(s.to)); }
    if (s.at) { p.set("at", s.at); }
    return `#/chart?${p}`;
  }

  function page(main, parameters) {
    const data = regress.data;
    const s = state(parameters);
    const go = (change) => { location.hash = address({ ...s, at: null, ...change }); };
    const all = s.keys.flatMap((key) => data.tracks.filter((t) => data.benchmarks[t.benchmark].key === key && t.branch === s.branch && (s.environment < 0 || t.environment === s.environment)));
    const tracks = all.slice(0, MOST);
    const back = el("a", { class: "button", href: overview.back() }, "‹ Overview");
    if (tracks.length === 0) {
      main.replaceChildren(back, el("h1", {}, "Nothing to draw"), el("p", {}, `This history has no ${s.keys.map(show.visible).join(", ") || "such benchmark"} on this branch and environment.`));
      return { keys: { Escape: () => { location.hash = overview.back(); } }, end: () => {} };
    }
    const benchmarks = [...new Set(tracks.map((t) => t.benchmark))];
    const environments = [...new Set(tracks.map((t) => t.environment))];
    const units = [...new Set(tracks.map((t) => data.benchmarks[t.benchmark].unit))];
    const mode = units.length > 1 && s.y === "value" ? "relative" : s.y === "ratio" && tracks.length < 2 ? "value" : s.y;
    const reference = mode === "ratio" ? Math.min(Math.max(0, s.to), tracks.length - 1) : -1;
    const nameOf = (t) => {
      const parts = [];
      if (benchmarks.length > 1) { parts.push(data.benchmarks[t.benchmark].label); }
      if (environments.length > 1) { parts.push(data.environments[t.environment].label); }
      return parts.join(", ") || data.benchmarks[t.benchmark].label;
    };

    const title = benchmarks.length === 1 ? data.benchmarks[benchmarks[0]].label : `Comparison of ${benchmarks.length} benchmarks`;
    const place = el("div", { class: "plot", id: "plot", tabIndex: 0, role: "group", "aria-label": `Chart of ${title}. Left and right move from run to run, brackets from change to change.` });
    const legend = el("ul", { class: "legend", id: "legend" });
    const point = el("div", { class: "point muted", id: "point" }, "Point at the chart, or use the arrow keys in it.");
    const below = el("div", {});
    const siblings = benchmarks.length === 1 ? regress.workloads().find((w) => w.members.some((m) => m.benchmark === benchmarks[0])) : null;
    const add = el("input", { type: "text", id: "add", placeholder: "Add a benchmark", "aria-label": "Add a benchmark", autocomplete: "off", on: { change: () => {
      const found = data.benchmarks.find((b) => b.label === add.value);
      if (found) { go({ keys: [...s.keys, found.key] }); } else if (add.value !== "") { show.tell("There is no such benchmark"); }
    } } });
    const known = el("datalist", { id: "known" });
    add.setAttribute("list", "known");
    add.addEventListener("focus", () => { if (known.childElementCount === 0) { known.append(...data.benchmarks.map((b) => el("option", { value: b.label }))); } }, { once: true });
    const here = data.environments.map((e, i) => [String(i), e.label]).filter(([i]) => data.tracks.some((t) => t.environment === Number(i) && t.branch === s.branch && benchmarks.includes(t.benchmark)));
    const hasTimes = tracks.every((t) => data.runs.at[t.first] !== null && data.runs.at[t.lastRun] !== null);

    main.replaceChildren(
      el("div", { class: "bar" }, back,
        data.branches.length > 1 ? show.choice("Branch", data.branches.map((b, i) => [String(i), b.label]), String(s.branch), (i) => go({ branch: Number(i) })) : null,
        here.length > 1 || s.environment >= 0 && data.environments.length > 1 ? show.choice("Environment", [["-1", "all, side by side"], ...here], String(s.environment), (i) => go({ environment: Number(i) })) : null,
        show.choice("Shows", [["value", "values"], ["relative", "relative to the first level"], ...(tracks.length > 1 ? [["ratio", "ratio of one to another"]] : [])], mode, (y) => go({ y })),
        mode === "ratio" ? show.choice("Against", tracks.map((t, i) => [String(i), nameOf(t)]), String(reference), (to) => go({ to: Number(to) })) : null,
        hasTimes ? show.choice("Along", [["commit", "commits"], ["time", "time"]], s.x, (x) => go({ x })) : null,
        show.choice("Scale", [["0", "linear"], ["1", "logarithmic"]], s.log ? "1" : "0", (log) => go({ log: log === "1" })),
        add, known,
        siblings ? el("a", { class: "button", href: address({ ...s, at: null, keys: [data.benchmarks[benchmarks[0]].key, ...siblings.members.filter((m) => m.benchmark !== benchmarks[0]).map((m) => data.benchmarks[m.benchmark].key)], y: "value", to: 0 }) }, `Compare ${siblings.members.length} implementations`) : null),
      el("h1", { class: "title" }, el("bdi", {}, title)),
      all.length > MOST ? el("p", { class: "muted" }, `${all.length - MOST} more lines are left out: choose an environment.`) : "",
      mode !== s.y ? el("p", { class: "muted" }, units.length > 1 ? "Their units differ: shown relative to the first level." : "A ratio needs two lines.") : "",
      mode === "ratio" ? el("p", { class: "muted", id: "no-claim" }, "One time divided by another, which is no claim: history doesn't know whether both did the same work. `regress rivals` looks.") : "",
      legend, place,
      el("div", { class: "under" }, point, el("div", { class: "zoom", role: "group", "aria-label": "Zoom" },
        ...[["−", "Zoom out", 2], ["+", "Zoom in", 0.5], ["all", "Show all", 0]].map(([text, label, factor]) => el("button", { type: "button", "aria-label": label, on: { click: () => { if (plot) { zoom(factor); } } } }, text)))),
      below);

    let plot = null;
    let ended = false;
    let shown = null; // track and point that the tooltip tells
    let pinned = false;
    const drawn = []; // of each track its points as they are drawn
    let x = [];
    let runs = [];
    const hiddenTracks = new Set();
    const tip = el("div", { class: "tip", id: "tip", hidden: true });
    const xOf = (run) => (s.x === "time" && hasTimes ? data.runs.at[run] : data.commit[run]);

    Promise.all(tracks.map((t) => regress.points(t))).then((points) => {
      if (ended) { return; }
      lay(points);
      build();
      words();
      if (s.at) { pinRevision(s.at); }
      place.dataset.ready = "1";
    }).catch((error) => { point.textContent = `Points could not be read: ${error.message}`; point.classList.add("bad"); });

    // Values as they are shown, all on one row of runs.
    function lay(points) {
      runs = [...new Set(points.flatMap((p) => [...p.run]))].sort((a, b) => a - b);
      const at = new Map(runs.map((run, i) => [run, i]));
      x = runs.map(xOf);
      const base = new Map(); // commit → value of the reference
      if (reference >= 0) { points[reference].run.forEach((run, i) => base.set(data.commit[run], points[reference].value[i])); }
      points.forEach((p, k) => {
        const levels = regress.levels(tracks[k], p);
        const divisor = (i) => (mode === "value" ? 1 : mode === "relative" ? levels[0].value : base.get(data.commit[p.run[i]]));
        const y = new Array(runs.length).fill(null);
        const own = [];
        p.run.forEach((run, i) => {
          const by = divisor(i);
          const value = p.value[i] / by;
          if (!Number.isFinite(value) || (s.log && value <= 0)) { return; }
          y[at.get(run)] = value;
          own.push({ run, x: xOf(run), y: value, lower: mode === "ratio" ? value : p.lower[i] / by, upper: mode === "ratio" ? value : p.upper[i] / by, value: p.value[i], from: p.lower[i], to: p.upper[i] });
        });
        const lines = mode === "ratio" ? [] : levels.map((l) => ({ from: xOf(p.run[l.from]), to: xOf(p.run[l.to]), y: l.value / divisor(l.from) }));
        drawn[k] = { y, own, lines };
      });
    }

    function build() {
      const zoom = plot ? [plot.scales.x.min, plot.scales.x.max] : null;
      if (plot) { plot.destroy(); }
      const text = color("--muted");
      const grid = color("--line");
      const largest = drawn.reduce((most, d) => d.own.reduce((more, p) => Math.max(more, Math.abs(p.y)), most), 0);
      const unit = show.scale(units[0], largest);
      const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "12px system-ui, sans-serif" };
      // As many digits as tell one mark of the axis from the next.
      const numbers = (splits) => {
        const divisor = mode === "value" ? unit.divisor : 1;
        const step = s.log || splits.length < 2 ? 0 : Math.abs(splits[1] - splits[0]) / divisor;
        let decimals = 0;
        const isWhole = (n) => Math.abs(n - Math.round(n)) < 1e-6 * n;
        while (decimals < 9 && !isWhole(step * 10 ** decimals)) { decimals += 1; }
        const text = (v) => (step > 1e-9 && Math.abs(v / divisor) < 1e7 ? (v / divisor).toFixed(decimals) : trim(v / divisor));
        return splits.map((v) => (v === null ? "" : mode === "value" ? `${text(v)} ${unit.name}` : `×${text(v)}`));
      };
      const atCommit = new Map(runs.map((run) => [data.commit[run], run]));
      const options = {
        width: Math.max(280, place.clientWidth), height: innerWidth < 640 ? 300 : 400,
        legend: { show: false },
        padding: [26, 8, 0, 0],
        cursor: { points: { show: false }, drag: { x: true, y: false }, y: false },
        scales: {
          x: { time: s.x === "time" && hasTimes, range: (_, min, max) => (min === null ? [0, 1] : min === max ? [min - 1, max + 1] : [min, max]) },
          y: s.log ? { distr: 3 } : { range: (_, min, max) => {
            if (min === null) { return [0, 1]; }
            const room = Math.max((max - min) * 0.1, Math.abs(max) * 0.01, Number.MIN_VALUE);
            return [min >= 0 ? Math.max(0, min - room) : min - room, max + room];
          } },
        },
        axes: [
          s.x === "time" && hasTimes ? axis : { ...axis, space: 90, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000], values: (_, splits) => splits.map((v) => { const run = atCommit.get(v); return run === undefined ? "" : show.brief(data.runs.revision[run]); }) },
          { ...axis, size: 76, values: (_, splits) => numbers(splits) },
        ],
        series: [{}, ...tracks.map((t, k) => ({
          label: String(k), stroke: color(`--line-${k}`), width: 1, alpha: 0.55, spanGaps: true, show: !hiddenTracks.has(k),
          points: { size: 5, fill: color(`--line-${k}`), width: 0 },
        }))],
        hooks: { drawAxes: [behind], draw: [before], setCursor: [hover] },
      };
      plot = new uPlot(options, [x, ...drawn.map((d) => d.y)], place);
      plot.over.append(tip);
      let pressed = 0;
      plot.over.addEventListener("mousedown", (event) => { pressed = event.clientX; });
      plot.over.addEventListener("click", (event) => {
        // A click in what is held, and the end of a drag, hold nothing new.
        if (tip.contains(event.target) || Math.abs(event.clientX - pressed) > 4) { return; }
        pinned = false;
        hover(plot);
        if (shown) { pin(shown.track, shown.i); }
      });
      if (zoom) { plot.setScale("x", { min: zoom[0], max: zoom[1] }); }
      legend.replaceChildren(...tracks.map((t, k) => {
        const button = el("button", { type: "button", "aria-pressed": String(!hiddenTracks.has(k)), on: { click: () => {
          if (!hiddenTracks.delete(k)) { hiddenTracks.add(k); }
          plot.setSeries(k + 1, { show: !hiddenTracks.has(k) });
          button.setAttribute("aria-pressed", String(!hiddenTracks.has(k)));
        } } }, el("span", { class: `swatch c${k}` }), el("bdi", {}, nameOf(t)));
        const remove = s.keys.length > 1 ? el("button", { type: "button", class: "remove", "aria-label": `Remove ${nameOf(t)}`, on: { click: () => go({ keys: s.keys.filter((key) => key !== data.benchmarks[t.benchmark].key), to: 0 }) } }, "×") : null;
        return el("li", {}, button, remove);
      }));
    }

    const trim = (v) => { const t = show.digits(v); return t.includes(".") && !t.includes("e") ? t.replace(/0+$/, "").replace(/\.$/, "") : t; };
    const visibleTracks = () => tracks.map((_, k) => k).filter((k) => !hiddenTracks.has(k));
    const ratio = () => devicePixelRatio || 1;

    // Where a change may have come in, releases, and what is different about the machine.
    function behind(u) {
      const { ctx, bbox } = u;
      const pos = (run) => u.valToPos(xOf(run), "x", true);
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
      ctx.clip();
      ctx.font = `${11 * ratio()}px system-ui, sans-serif`;
      ctx.textAlign = "left";
      ctx.textBaseline = "alphabetic";
      const stripe = (run, style, dash) => {
        const at = Math.round(pos(run)) + 0.5;
        ctx.strokeStyle = style;
        ctx.setLineDash(dash);
        ctx.lineWidth = ratio();
        ctx.beginPath();
        ctx.moveTo(at, bbox.top);
        ctx.lineTo(at, bbox.top + bbox.height);
        ctx.stroke();
        return at;
      };
      let free = -Infinity;
      const label = (at, text, style, y) => {
        const width = ctx.measureText(text).width;
        if (at < free) { return; }
        ctx.fillStyle = style;
        ctx.fillText(text, Math.min(at + 3 * ratio(), bbox.left + bbox.width - width), y);
        free = at + width + 8 * ratio();
      };
      for (const [run, name] of releases()) { label(stripe(run, color("--release"), [2 * ratio(), 3 * ratio()]), name.slice(0, 24), color("--release"), 10 * ratio()); }
      free = -Infinity;
      if (mode !== "ratio") {
        for (const { c } of changesOf(visibleTracks())) {
          const style = c.cause === "environment" ? color("--muted") : c.log > 0 ? color("--bad") : color("--good");
          const [from, to] = [pos(c.from), pos(c.to)];
          ctx.globalAlpha = 0.13;
          ctx.fillStyle = style;
          ctx.fillRect(from, bbox.top, Math.max(2 * ratio(), to - from), bbox.height);
          ctx.globalAlpha = 1;
          label(stripe(c.at, style, c.confirmed ? [] : [4 * ratio(), 4 * ratio()]), show.change(c.log) + (c.confirmed ? "" : "?"), style, 22 * ratio());
        }
      }
      ctx.setLineDash([]);
      ctx.fillStyle = color("--muted");
      for (const [run] of notes()) {
        const at = pos(run);
        const y = bbox.top + bbox.height - 5 * ratio();
        const r = 4 * ratio();
        ctx.beginPath();
        ctx.moveTo(at, y - r); ctx.lineTo(at + r, y); ctx.lineTo(at, y + r); ctx.lineTo(at - r, y);
        ctx.fill();
      }
      ctx.restore();
    }

    // Intervals and levels.
    function before(u) {
      const { ctx, bbox } = u;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      for (const k of visibleTracks()) {
        ctx.strokeStyle = color(`--line-${k}`);
        ctx.globalAlpha = 0.4;
        ctx.lineWidth = ratio();
        ctx.beginPath();
        for (const p of drawn[k].own) {
          if (p.x < u.scales.x.min || p.x > u.scales.x.max || p.upper <= p.lower) { continue; }
          const at = u.valToPos(p.x, "x", true);
          ctx.moveTo(at, u.valToPos(s.log ? Math.max(p.lower, p.y / 1e3) : p.lower, "y", true));
          ctx.lineTo(at, u.valToPos(p.upper, "y", true));
        }
        ctx.stroke();
        ctx.globalAlpha = 1;
        ctx.lineWidth = 2.5 * ratio();
        ctx.beginPath();
        for (const l of drawn[k].lines) {
          if (s.log && l.y <= 0) { continue; }
          const y = u.valToPos(l.y, "y", true);
          ctx.moveTo(u.valToPos(l.from, "x", true), y);
          ctx.lineTo(u.valToPos(l.to, "x", true), y);
        }
        ctx.stroke();
      }
      if (shown) {
        const p = drawn[shown.track].own[shown.i];
        ctx.fillStyle = color(`--line-${shown.track}`);
        ctx.strokeStyle = color("--ground");
        ctx.lineWidth = 2 * ratio();
        ctx.beginPath();
        ctx.arc(u.valToPos(p.x, "x", true), u.valToPos(p.y, "y", true), 5 * ratio(), 0, 2 * Math.PI);
        ctx.fill();
        ctx.stroke();
      }
      ctx.restore();
    }

    const releases = () => data.releases.filter(([run]) => data.runs.branch[run] === s.branch && run >= (runs[0] ?? 0));
    const notes = () => data.notes.filter(([run]) => data.runs.branch[run] === s.branch && environments.includes(data.runs.environment[run]) && run >= (runs[0] ?? 0));
    const changesOf = (numbers) => numbers.flatMap((k) => tracks[k].changes.map((c) => ({ k, c }))).sort((a, b) => a.c.at - b.c.at);

    // The nearest point of any line.
    function hover(u) {
      if (pinned) { return; }
      const { left, top } = u.cursor;
      if (left < 0 || left === undefined) { if (shown && !place.contains(document.activeElement)) { tell(null); } return; }
      let best = null;
      for (const k of visibleTracks()) {
        const { own } = drawn[k];
        if (own.length === 0) { continue; }
        const wanted = u.posToVal(left, "x");
        let [low, high] = [0, own.length - 1];
        while (low < high) { const mid = (low + high) >> 1; if (own[mid].x < wanted) { low = mid + 1; } else { high = mid; } }
        for (let i = Math.max(0, low - 3); i <= Math.min(own.length - 1, low + 3); i += 1) {
          const dx = u.valToPos(own[i].x, "x") - left;
          const dy = u.valToPos(own[i].y, "y") - top;
          const far = dx * dx + dy * dy * 0.2;
          if (best === null || far < best.far) { best = { far, track: k, i }; }
        }
      }
      if (best && (!shown || shown.track !== best.track || shown.i !== best.i)) { tell(best); }
    }

    function describe(track, i) {
      const p = drawn[track].own[i];
      const t = tracks[track];
      const b = data.benchmarks[t.benchmark];
      const lines = [el("strong", {}, show.value(p.value, b.unit))];
      if (p.to > p.from) { lines.push(el("span", { class: "muted" }, `, ${show.value(p.from, b.unit)} to ${show.value(p.to, b.unit)}`)); }
      if (mode !== "value") { lines.push(el("span", {}, `, ×${show.digits(p.y)}`)); }
      const rate = show.rate(b.work, p.value, b.unit);
      if (rate !== "") { lines.push(el("span", { class: "muted" }, `, ${rate}`)); }
      const parts = [el("div", {}, ...lines), el("div", {}, show.commit(p.run), ` ${show.day(p.run)}`)];
      if (tracks.length > 1) { parts.unshift(el("div", { class: "who" }, el("span", { class: `swatch c${track}` }), el("bdi", {}, nameOf(t)))); }
      const release = show.releasesAt(p.run);
      if (release.length > 0) { parts.push(el("div", {}, `Release ${release.join(", ")}`)); }
      const change = t.changes.find((c) => c.at === p.run);
      if (change) { parts.push(el("div", { class: change.log > 0 ? "bad" : "good" }, `${show.change(change.log)} here, ${change.confirmed ? "confirmed" : "suspected"}`)); }
      const note = data.notes.find(([run]) => run === p.run);
      if (note) { parts.push(el("div", { class: "muted" }, note[1])); }
      return parts;
    }

    function tell(what) {
      shown = what;
      if (!what) { tip.hidden = true; plot.redraw(false, false); return; }
      const p = drawn[what.track].own[what.i];
      tip.replaceChildren(...describe(what.track, what.i));
      tip.hidden = false;
      tip.classList.toggle("pinned", pinned);
      const [left, top] = [plot.valToPos(p.x, "x"), plot.valToPos(p.y, "y")];
      const width = plot.over.clientWidth;
      const [w, h] = [tip.offsetWidth, tip.offsetHeight];
      tip.style.left = `${Math.max(0, Math.min(width - w, left > width / 2 ? left - w - 12 : left + 12))}px`;
      tip.style.top = `${Math.max(0, Math.min(plot.over.clientHeight - h, top - h - 12))}px`;
      point.classList.remove("muted");
      point.replaceChildren(...describe(what.track, what.i));
      plot.redraw(false, false);
    }

    function pin(track, i) {
      pinned = true;
      tell({ track, i });
      s.at = data.runs.revision[drawn[track].own[i].run];
      history.replaceState(null, "", address(s));
    }

    function unpin() {
      pinned = false;
      s.at = null;
      tell(null);
      history.replaceState(null, "", address(s));
    }

    function pinRevision(revision) {
      for (const k of visibleTracks()) {
        const i = drawn[k].own.findIndex((p) => data.runs.revision[p.run] === revision);
        if (i >= 0) { pin(k, i); return; }
      }
    }

    function move(by) {
      const track = shown ? shown.track : visibleTracks()[0];
      if (track === undefined || drawn[track].own.length === 0) { return; }
      const last = drawn[track].own.length - 1;
      select(track, shown ? Math.min(last, Math.max(0, shown.i + by)) : last);
    }

    function select(track, i) {
      pinned = false;
      tell({ track, i });
      const p = drawn[track].own[i];
      const { min, max } = plot.scales.x;
      if (p.x < min || p.x > max) { const half = (max - min) / 2; plot.setScale("x", { min: p.x - half, max: p.x + half }); tell({ track, i }); }
      show.tell(point.textContent);
    }

    function toChange(by) {
      const numbers = shown ? [shown.track] : visibleTracks();
      const places = changesOf(numbers);
      if (places.length === 0) { show.tell("No changes"); return; }
      const at = shown ? drawn[shown.track].own[shown.i].run : by > 0 ? -1 : Infinity;
      const next = by > 0 ? places.find(({ c }) => c.at > at) : places.findLast(({ c }) => c.at < at);
      if (next) { const i = drawn[next.k].own.findIndex((p) => p.run === next.c.at); if (i >= 0) { select(next.k, i); } }
    }

    function zoom(factor) {
      const { min, max } = plot.scales.x;
      const center = shown ? drawn[shown.track].own[shown.i].x : (min + max) / 2;
      const [low, high] = [x[0], x[x.length - 1]];
      if (factor === 0) { plot.setScale("x", { min: low, max: high }); return; }
      plot.setScale("x", { min: Math.max(low, center - (center - min) * factor), max: Math.min(high, center + (max - center) * factor) });
    }

    // What the chart shows, as tables.
    function words() {
      const rows = changesOf(tracks.map((_, k) => k)).reverse();
      const range = (c) => (data.commit[c.from] === data.commit[c.to] || c.from >= c.to ? show.commit(c.to) : el("span", {}, show.commit(c.from), " … ", show.commit(c.to)));
      const also = (c) => { const f = data.findings[c.finding]; return f.changed > 1 ? `with ${f.changed - 1} of ${f.of - 1} others` : "alone"; };
      const CAUSES = { code: "code", suite: "most of the suite at once", environment: "another machine" };
      const changes = el("table", { class: "list plain", id: "changes" },
        el("thead", {}, el("tr", {}, ...["Change", "95 % interval", "Came with", "Date", "Where", "Cause", "Sure?", "p"].map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", {}, ...rows.map(({ k, c }) => el("tr", {},
          el("td", { class: c.cause === "environment" ? "muted" : c.log > 0 ? "bad" : "good" }, el("button", { type: "button", class: "link", on: { click: () => { const i = drawn[k].own.findIndex((p) => p.run === c.at); if (i >= 0) { pin(k, i); place.scrollIntoView({ block: "nearest" }); } } } }, show.change(c.log))),
          el("td", {}, show.interval(c)), el("td", {}, range(c)), el("td", {}, show.day(c.at)), el("td", {}, el("bdi", {}, nameOf(tracks[k]))),
          el("td", {}, `${CAUSES[c.cause]}, ${also(c)}`), el("td", {}, c.confirmed ? "confirmed" : "suspected"), el("td", { class: "number" }, show.digits(c.p))))));
      // What moved without a step stands in no table of changes.
      const drifts = tracks.filter((t) => t.drift !== null).map((t) => {
        const { since, log } = t.drift;
        const release = show.releasesAt(since);
        return el("li", {}, tracks.length > 1 ? [el("bdi", {}, nameOf(t)), ": "] : null,
          el("span", { class: log > 0 ? "bad" : "good" }, show.change(log)), ` (${show.interval(t.drift)}) since ${release.length > 0 ? `${release.join(", ")}, ` : ""}`, show.commit(since), ` ${show.day(since)}`,
          ", in no step that is large enough to be told");
      });
      const other = [
        ...releases().map(([run, name]) => ({ run, text: `Release ${name}` })),
        ...notes().map(([run, text]) => ({ run, text })),
      ].sort((a, b) => b.run - a.run);
      const scrolls = (label, table) => el("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": label }, table);
      const LAST = 30;
      const last = tracks.flatMap((_, k) => drawn[k].own.slice(-LAST).map((p) => ({ k, p }))).sort((a, b) => b.p.run - a.p.run).slice(0, LAST * 2);
      const table = () => scrolls("Last runs", el("table", { class: "list plain" },
        el("thead", {}, el("tr", {}, ...["Commit", "Date", "Where", "Value", "Interval"].map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", {}, ...last.map(({ k, p }) => { const unit = data.benchmarks[tracks[k].benchmark].unit; return el("tr", {}, el("td", {}, show.commit(p.run)), el("td", {}, show.day(p.run)), el("td", {}, el("bdi", {}, nameOf(tracks[k]))), el("td", {}, show.value(p.value, unit)), el("td", {}, p.to > p.from ? `${show.value(p.from, unit)} to ${show.value(p.to, unit)}` : "")); }))));
      const details = el("details", { on: { toggle: () => { if (details.open && details.childElementCount === 1) { details.append(table()); } } } }, el("summary", {}, "Last runs as a table"));
      below.replaceChildren(
        el("h2", {}, "Changes"), rows.length > 0 ? scrolls("Changes", changes) : el("p", { class: "muted" }, "None was found."),
        drifts.length > 0 ? el("h2", {}, "Drift") : "",
        drifts.length > 0 ? el("ul", { class: "notes", id: "drifts" }, ...drifts) : "",
        other.length > 0 ? el("h2", {}, "Releases, and what changed about the machine") : "",
        other.length > 0 ? el("ul", { class: "notes" }, ...other.slice(0, 200).map(({ run, text }) => el("li", {}, show.commit(run), ` ${show.day(run)} `, el("bdi", {}, text)))) : "",
        details,
        el("p", { class: "muted small" }, "A point is one run; its bar is the spread of its executions, or of one execution the 95 % interval from the spread inside it, which says nothing of the spread between runs. Thick lines are the medians between changes. A coloured band is where a change may have come in."));
    }

    const resized = new ResizeObserver(() => { if (plot && place.clientWidth > 0 && Math.abs(plot.width - place.clientWidth) > 1) { plot.setSize({ width: Math.max(280, place.clientWidth), height: plot.height }); } });
    resized.observe(place);
    const isInChart = (event) => event.target === place;
    const ready = (work) => (event) => { if (plot) { return work(event); } return true; };
    return {
      keys: {
        ArrowLeft: ready((event) => (isInChart(event) ? move(-1) : true)), ArrowRight: ready((event) => (isInChart(event) ? move(1) : true)),
        Home: ready((event) => (isInChart(event) ? move(-Infinity) : true)), End: ready((event) => (isInChart(event) ? move(Infinity) : true)),
        "[": ready(() => toChange(-1)), "]": ready(() => toChange(1)),
        "+": ready(() => zoom(0.5)), "-": ready(() => zoom(2)), 0: ready(() => zoom(0)),
        Enter: ready((event) => (isInChart(event) && shown ? pin(shown.track, shown.i) : true)),
        "/": () => add.focus(),
        Escape: () => { if (pinned) { unpin(); } else { location.hash = overview.back(); } },
      },
      theme: () => { if (plot) { build(); if (shown) { tell(shown); } } },
      end: () => { ended = true; resized.disconnect(); if (plot) { plot.destroy(); } },
    };
  }

  return { page };
})();
