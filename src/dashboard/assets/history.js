// History as the scripts in data/ bring it: the index at once, points when they are asked for.
"use strict";

const regress = (() => {
  let index = null;
  let begun = () => {};
  const started = new Promise((resolve) => { begun = resolve; });
  const pieces = new Map(); // number → { promise, resolve, reject }

  const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

  // Called by data/index.js.
  function take(data) {
    if (data.version !== 1) { throw new Error("data/index.js is of another version than this page"); }
    index = data;
    prepare();
    begun();
  }

  // What everything else asks for again and again.
  function prepare() {
    const { runs, branches, tracks, benchmarks } = index;
    // Places of commits on their branch; several runs may be of one.
    index.commit = new Int32Array(runs.revision.length).fill(-1);
    index.branchRuns = branches.map(() => []);
    index.nCommits = branches.map(() => 0);
    const seen = branches.map(() => new Map());
    runs.revision.forEach((revision, run) => {
      const branch = runs.branch[run];
      if (branch === null) { return; }
      if (!seen[branch].has(revision)) { seen[branch].set(revision, seen[branch].size); }
      index.commit[run] = seen[branch].get(revision);
      index.branchRuns[branch].push(run);
    });
    index.nCommits = seen.map((known) => known.size);
    index.findings = index.findings.map(([branch, cause, changed, of]) => ({ branch, cause, changed, of }));
    let piece = 0;
    let within = 0;
    index.tracks = tracks.map((t, number) => {
      while (within >= index.pieces[piece][0]) { piece += 1; within = 0; }
      const track = {
        number, piece, within,
        benchmark: t.of[0], branch: t.of[1], environment: t.of[2],
        n: t.runs[0], first: t.runs[1], lastRun: t.runs[2],
        last: t.last, spark: t.spark,
        drift: t.drift === null ? null : { since: t.drift[0], log: t.drift[1], lower: t.drift[2], upper: t.drift[3] },
        changes: t.changes.map(([finding, at, from, to, log, lower, upper, p, confirmed]) =>
          ({ finding, at, from, to, log, lower, upper, p, confirmed: confirmed === 1, cause: index.findings[finding].cause })),
      };
      within += 1;
      return track;
    });
    benchmarks.forEach((b) => {
      b.parts = b.label.split("/");
      b.search = b.label.toLowerCase();
    });
  }

  // Called by data/NNN.js. A page that was opened before its site was written anew has the earlier index, whose runs are others.
  function takePiece(number, tracks, mark) {
    const waiting = pieces.get(number);
    if (!waiting) { return; }
    if (mark !== index.pieces[number][1]) {
      pieces.delete(number);
      waiting.reject(new Error("this site was written anew since the page was opened; reload the page"));
      return;
    }
    waiting.resolve(tracks.map(pointsOf));
  }

  function pointsOf([steps, text]) {
    const bytes = bytesOf(text);
    const n = bytes.length / 8;
    const view = new DataView(bytes.buffer);
    const points = { run: new Uint32Array(n), value: new Float64Array(n), lower: new Float64Array(n), upper: new Float64Array(n) };
    let run = -1;
    let i = 0;
    for (let s = 0; s < steps.length; s += 2) {
      for (let k = 0; k < steps[s + 1]; k += 1) { run += steps[s]; points.run[i] = run; i += 1; }
    }
    for (i = 0; i < n; i += 1) {
      const value = view.getFloat32(4 * i, true);
      const unit = Math.abs(value) / 16384;
      points.value[i] = value;
      points.lower[i] = value - unit * view.getUint16(4 * n + 2 * i, true);
      points.upper[i] = value + unit * view.getUint16(6 * n + 2 * i, true);
    }
    return points;
  }

  // The points of a track. A script is the only thing that a page on a disk may load.
  function points(track) {
    let known = pieces.get(track.piece);
    if (!known) {
      known = {};
      known.promise = new Promise((resolve, reject) => { known.resolve = resolve; known.reject = reject; });
      pieces.set(track.piece, known);
      const script = document.createElement("script");
      const name = `data/${String(track.piece).padStart(3, "0")}.js`;
      script.src = `${name}?${index.pieces[track.piece][1]}`;
      script.onerror = () => {
        pieces.delete(track.piece);
        known.reject(new Error(`${name} could not be read`));
      };
      document.head.append(script);
    }
    return known.promise.then((tracks) => tracks[track.within]);
  }

  // The first run of the last `n` commits of a branch; all of them where n is 0.
  function since(branch, n) {
    const runs = index.branchRuns[branch];
    if (n === 0 || runs.length === 0) { return 0; }
    const from = index.nCommits[branch] - n;
    return runs.find((run) => index.commit[run] >= from) ?? 0;
  }

  // A history this short can't say whether anything changed.
  const FEW = 8;

  // What became of a track since a run: how it moved, and what that is called.
  function outcome(track, from) {
    const recent = track.changes.filter((c) => c.at >= from && c.cause !== "environment");
    const sure = recent.filter((c) => c.confirmed);
    let net = (sure.length > 0 ? sure : recent).reduce((sum, c) => sum + c.log, 0);
    const latest = recent.length > 0 ? recent[recent.length - 1] : null;
    let name = "steady";
    if (track.lastRun < from) { name = "gone"; }
    else if (sure.length > 0) { name = net > 0 ? "slower" : "faster"; }
    else if (recent.length > 0) { name = "suspected"; }
    else if (track.drift !== null) { name = "drifted"; net = track.drift.log; }
    else if (track.n < FEW) { name = "few"; }
    return { name, net, latest, moved: recent.length > 0 || name === "drifted" };
  }

  const median = (values) => {
    const sorted = Float64Array.from(values).sort();
    const n = sorted.length;
    return n === 0 ? NaN : (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2;
  };

  // Stretches between changes: first and last point, and the median.
  function levels(track, p) {
    const starts = track.changes.map((c) => { let i = 0; while (i < p.run.length && p.run[i] < c.at) { i += 1; } return i; });
    const ends = [...new Set([0, ...starts, p.run.length])].sort((a, b) => a - b);
    const all = [];
    for (let i = 0; i + 1 < ends.length; i += 1) {
      all.push({ from: ends[i], to: ends[i + 1] - 1, value: median(p.value.subarray(ends[i], ends[i + 1])) });
    }
    return all;
  }

  // Benchmarks that do the same work in other ways: ids `group/implementation/value`.
  function workloads() {
    const found = new Map();
    index.benchmarks.forEach((b, number) => {
      if (b.parts.length < 3) { return; }
      const group = b.parts[0];
      const value = b.parts.slice(2).join("/");
      const key = JSON.stringify([group, value, b.unit]);
      if (!found.has(key)) { found.set(key, { group, value, label: `${group} / ${value}`, members: [] }); }
      const workload = found.get(key);
      if (!workload.members.some((m) => m.implementation === b.parts[1])) {
        workload.members.push({ implementation: b.parts[1], benchmark: number });
      }
    });
    return [...found.values()].filter((w) => w.members.length > 1);
  }

  return {
    index: take, piece: takePiece, started, points, since, outcome, levels, median, workloads, bytesOf,
    get data() { return index; },
  };
})();
