/* Chapter 4's live figure: beam search in a tree of all titles.
 *
 * The upper part is arithmetic, tested against rederived.chapters.titles.search. */
(function () {
  "use strict";

  const CHARACTERS = 2, LONGEST = 5; // symbols of a title, its end included

  /* Prefixes of c characters are numbered as in TableModel: numbers in base 2. */
  function grow(prefix, character) {
    return { ...prefix, length: prefix.length + 1, number: prefix.number * CHARACTERS + character };
  }

  /* Log-probabilities of each character and, last, of the end after a prefix. */
  function following(tables, prefix) {
    if (prefix.length === LONGEST - 1) return [-Infinity, -Infinity, 0];
    return tables[prefix.length][prefix.number].map(Math.log);
  }

  /* Every title: its prefix and its log-probability. */
  function titles(tables) {
    let open = [{ length: 0, number: 0, total: 0 }];
    const found = [];
    for (let length = 0; length < LONGEST; length += 1) {
      const next = [];
      open.forEach((prefix) => {
        const p = following(tables, prefix);
        found.push({ length, number: prefix.number, total: prefix.total + p[CHARACTERS] });
        for (let c = 0; c < CHARACTERS; c += 1) {
          next.push({ ...grow(prefix, c), total: prefix.total + p[c] });
        }
      });
      open = next;
    }
    return found;
  }

  /* A title's score: log-probability over a power of its symbols, the end included. */
  function score(title, penalty) {
    return title.total / (title.length + 1) ** penalty;
  }

  function optimum(tables, penalty) {
    return titles(tables).reduce((a, b) => (score(b, penalty) > score(a, penalty) ? b : a));
  }

  /* Beam search as rederived.chapters.titles.search.beam_search.
   *
   * Returns the title found and, for each step, the prefixes kept, those dropped and
   * the titles that ended and counted. */
  function search(tables, width, penalty) {
    let kept = [{ length: 0, number: 0, total: 0 }], best = null;
    const steps = [];
    for (let length = 1; length <= LONGEST; length += 1) {
      const open = [], ends = [];
      kept.forEach((prefix) => {
        const p = following(tables, prefix);
        ends.push({ ...prefix, total: prefix.total + p[CHARACTERS] });
        for (let c = 0; c < CHARACTERS; c += 1) {
          const total = prefix.total + p[c];
          if (total > -Infinity) open.push({ ...grow(prefix, c), total });
        }
      });
      const all = open.concat(ends).sort((a, b) => b.total - a.total);
      const worst = all.length < width ? -Infinity : all[width - 1].total;
      const ended = ends.filter((title) => title.total >= worst);
      ended.forEach((title) => {
        if (!best || score(title, penalty) > score(best, penalty)) best = title;
      });
      open.sort((a, b) => b.total - a.total);
      kept = open.slice(0, width);
      steps.push({ kept, dropped: open.slice(width), ended, best });
      const bound = kept.length ? kept[0].total / LONGEST ** penalty : -Infinity;
      if (best && !(bound > score(best, penalty))) break;
    }
    return { best, steps };
  }

  /* The step (from 1) after which no kept prefix leads to a title, or 0 if it was
   * found or never dropped. */
  function lost(steps, title) {
    for (let n = 0; n < steps.length; n += 1) {
      const length = n + 1;
      if (title.length < length) return 0;
      const number = title.number >> (title.length - length);
      if (!steps[n].kept.some((prefix) => prefix.number === number)) return length;
    }
    return 0;
  }

  /* Random tables from a whole number, softmax of normal numbers. */
  function draw(seed) {
    let state = seed >>> 0;
    const uniform = () => { // mulberry32
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
      return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
    };
    const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    const tables = [];
    for (let length = 0; length < LONGEST - 1; length += 1) {
      tables.push(Array.from({ length: CHARACTERS ** length }, () => {
        const weights = Array.from({ length: CHARACTERS + 1 }, () => Math.exp(normal()));
        weights[CHARACTERS] *= Math.exp(-1); // longer titles, more to lose
        const sum = weights.reduce((a, b) => a + b);
        return weights.map((w) => w / sum);
      }));
    }
    return tables;
  }

  /* The drawing. */
  const letters = (prefix) => {
    let name = "";
    for (let n = prefix.length - 1; n >= 0; n -= 1) name += "ab"[(prefix.number >> n) & 1];
    return name || "the empty title";
  };
  const key = (prefix) => `${prefix.length}:${prefix.number}`;
  const above = ({ length, number }, by) => ({ length: length - by, number: number >> by });

  function place({ length, number }) {
    const rows = CHARACTERS ** (LONGEST - 1 - length);
    return [22 + 126 * length, 18 + 23 * (number * rows + (rows - 1) / 2)];
  }

  /* The curve to a prefix from the one before. */
  function curve(prefix) {
    const [x, y] = place(prefix), [x0, y0] = place(above(prefix, 1)), middle = (x + x0) / 2;
    return `M${x0} ${y0}C${middle} ${y0} ${middle} ${y} ${x} ${y}`;
  }

  function misses(tables, width, penalty) {
    const found = search(tables, width, penalty).best;
    return score(optimum(tables, penalty), penalty) - score(found, penalty) > 1e-9;
  }

  /* How many of the first models' likeliest titles this search misses. */
  function missed(width, penalty, models) {
    let count = 0;
    for (let seed = 0; seed < models; seed += 1) count += misses(draw(seed), width, penalty);
    return count;
  }

  /* What the search did, in words. */
  function report(tables, width, penalty) {
    const { best, steps } = search(tables, width, penalty), goal = optimum(tables, penalty);
    const chance = (title) => `${letters(title)} (${(100 * Math.exp(title.total)).toFixed(1)} %)`;
    const where = lost(steps, goal);
    const name = penalty > 0 ? "The best by this score is" : "The likeliest title is";
    if (key(best) === key(goal)) return `${name} ${chance(goal)}. The beam finds it.`;
    const fate = where
      ? `was lost at step ${where}, with its beginning ${letters(above(goal, goal.length - where))}`
      : "was in the beam, but its end was not among the k likeliest extensions";
    return `${name} ${chance(goal)}; it ${fate}. The beam finds ${chance(best)}.`;
  }

  const GREEDY = { fill: "none", class: "rd-live-ink", "stroke-width": 2.5, "stroke-dasharray": "2 6" };
  const CROSS = { fill: "none", class: "rd-live-2", "stroke-width": 3 };
  const LEGEND = [
    ["path", { d: "M0 10H32", fill: "none", class: "rd-live-1", "stroke-width": 7 }, "kept; as wide as its titles are likely together"],
    ["path", { d: "M10 4l12 12m0 -12l-12 12", ...CROSS }, "dropped"],
    ["path", { d: "M0 10H32", ...GREEDY }, "greedy search"],
    ["circle", { cx: 16, cy: 10, r: 7, fill: "none", class: "rd-live-4", "stroke-width": 4 }, "best title of all"],
    ["rect", { x: 8, y: 2, width: 16, height: 16, fill: "none", class: "rd-live-1", "stroke-width": 3 }, "title found"],
    ["circle", { cx: 16, cy: 10, r: 6, class: "rd-live-faint rd-live-disc" }, "the larger, the likelier to end here"],
  ];

  const MODELS = 300;

  function build(box, kit) {
    const { element, shape } = kit;
    kit.guess(box, "Among the recorded runs, greedy search writes titles of {given} ROUGE-L (LCTT, attention). A beam of 8 finds likelier ones. What is their ROUGE-L?",
      { min: 15, max: 35, step: 0.1, unit: "", digits: 1 }, window.rederived.recorded.beam);
    const svg = kit.svg(box, 560, 382, "All titles of a small model as a tree, and the way of the beam through it");
    kit.legend(box, LEGEND.map(([name, attributes, text]) => [(s) => shape(s, name, attributes), text]));
    const panel = element(box, "div", { class: "rd-live-controls" });
    const width = kit.slider(panel, "width of the beam k", 1, 6, 1, 1, String);
    const penalty = kit.slider(panel, "length penalty α", 0, 2, 0.1, 0, (v) => v.toFixed(1));
    const shown = kit.slider(panel, "steps shown", 1, LONGEST, 1, LONGEST, String);
    const row = element(panel, "div", { class: "rd-live-buttons" });
    const words = element(box, "p", { class: "rd-live-words", "aria-live": "polite" });
    const tally = element(box, "p", { class: "rd-live-words" });
    const counted = new Map();
    let seed = 56, waiting = 0;

    function branch(prefix, chance, kept) {
      shape(svg, "path", {
        d: curve(prefix), fill: "none",
        class: kept ? "rd-live-1" : "rd-live-faint", "stroke-width": 1 + 26 * chance,
      });
    }

    function node(prefix, p, marks) {
      const [x, y] = place(prefix), radius = 3 + 20 * Math.sqrt(p), kept = marks.kept.has(key(prefix));
      shape(svg, "circle", {
        cx: x, cy: y, r: radius,
        class: `${kept ? "rd-live-1" : "rd-live-faint"} rd-live-disc`,
      });
      if (marks.dropped.has(key(prefix))) {
        shape(svg, "path", { d: `M${x - 6} ${y - 6}l12 12m0 -12l-12 12`, ...CROSS });
      }
      if (prefix.length) {
        const aside = prefix.length === LONGEST - 1;
        shape(svg, "text", {
          x: aside ? x + 26 : x, y: aside ? y + 6 : y - 8 - radius,
          "text-anchor": "middle", class: "rd-live-text",
        }, letters(prefix).slice(-1));
      }
    }

    function redraw() {
      const k = Number(width.value), a = Number(penalty.value), tables = draw(seed);
      const { best, steps } = search(tables, k, a), goal = optimum(tables, a);
      const until = steps.slice(0, Number(shown.value));
      const marks = { kept: new Set(["0:0"]), dropped: new Set() };
      until.forEach(({ kept, dropped }) => {
        kept.forEach((prefix) => marks.kept.add(key(prefix)));
        dropped.forEach((prefix) => marks.dropped.add(key(prefix)));
      });
      svg.replaceChildren();
      const all = titles(tables), mass = new Map();
      all.slice().reverse().forEach((title) => { // of all titles with this beginning
        const own = (mass.get(key(title)) || 0) + Math.exp(title.total), up = key(above(title, 1));
        mass.set(key(title), own);
        if (title.length) mass.set(up, (mass.get(up) || 0) + own);
      });
      all.filter((title) => title.length).forEach((title) => {
        branch(title, mass.get(key(title)), marks.kept.has(key(title)));
      });
      const greedy = search(tables, 1, a).best;
      for (let by = 0; by < greedy.length; by += 1) {
        shape(svg, "path", { d: curve(above(greedy, by)), ...GREEDY });
      }
      all.forEach((title) => node(title, Math.exp(title.total), marks));
      const [gx, gy] = place(goal), [bx, by] = place(best);
      shape(svg, "circle", { cx: gx, cy: gy, r: 13, fill: "none", class: "rd-live-4", "stroke-width": 4 });
      if (until.length === steps.length) {
        shape(svg, "rect", { x: bx - 14, y: by - 14, width: 28, height: 28, fill: "none", class: "rd-live-1", "stroke-width": 3 });
      }
      words.textContent = report(tables, k, a);
      window.clearTimeout(waiting);
      waiting = window.setTimeout(count, 150, k, a);
    }

    function count(k, a) {
      const name = `${k} ${a}`;
      if (!counted.has(name)) counted.set(name, missed(k, a, MODELS));
      tally.textContent = `Of ${MODELS} such models this search misses the best title of ${counted.get(name)}.`;
    }

    kit.button(row, "another model", () => { seed += 1; redraw(); });
    kit.button(row, "the next that this beam misses", () => {
      const k = Number(width.value), a = Number(penalty.value);
      for (let n = 1; n < 20000; n += 1) {
        if (misses(draw(seed + n), k, a)) { seed += n; break; }
      }
      redraw();
    });
    box.addEventListener("input", redraw);
    redraw();
  }

  window.rederived.figure("fig-s2s-live", { search, optimum, titles, score, lost, draw, missed, report }, build);
})();
