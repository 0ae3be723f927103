/* Chapter 6's live figure: the information of a table, and what is seen of it.
 *
 * The upper part is arithmetic, tested against rederived.probability and rederived.chapters.infomax. */
(function () {
  "use strict";

  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const plogp = (p, q) => (p > 0 ? p * Math.log(p / q) : 0);

  function normalised(weights) {
    const total = sum(weights.map(sum));
    return weights.map((row) => row.map((w) => w / total));
  }

  function marginals(table) {
    return [table.map(sum), table[0].map((_, z) => sum(table.map((row) => row[z])))];
  }

  function information(table) {
    const [x, z] = marginals(table);
    return sum(table.map((row, i) => sum(row.map((p, j) => plogp(p, x[i] * z[j])))));
  }

  /* Jensen-Shannon divergence of the table and the product of its marginals. */
  function jensenShannon(table) {
    const [x, z] = marginals(table);
    return sum(table.map((row, i) => sum(row.map((p, j) => {
      const q = x[i] * z[j], m = (p + q) / 2;
      return (plogp(p, m) + plogp(q, m)) / 2;
    }))));
  }

  /* Mean of InfoNCE with the exact log-ratio and K candidates, in nats.
   *
   * With r = P/Q the mean of log(r(x, z) + sum over K - 1 random codes of r(x, z')) is
   * wanted.  As log A is the integral of (e^-t - e^-tA)/t over t > 0, and the codes are
   * independent, it is one integral, done over log t by the trapezoidal rule. */
  function infoNce(table, candidates) {
    const [x, z] = marginals(table), step = 0.08;
    let mean = Math.log(candidates);
    table.forEach((row, i) => {
      const ratio = row.map((p, j) => (x[i] * z[j] > 0 ? p / (x[i] * z[j]) : 0));
      for (let s = -45; s < 25; s += step) {
        const t = Math.exp(s);
        const one = sum(ratio.map((r, j) => z[j] * Math.exp(-t * r)));
        const others = one ** (candidates - 1);
        row.forEach((p, j) => {
          if (p > 0) mean -= p * step * (Math.exp(-t) - Math.exp(-t * ratio[j]) * others);
        });
      }
      row.forEach((p, j) => { if (p > 0) mean += p * Math.log(ratio[j]); });
    });
    return mean;
  }

  /* The drawing. */
  const COUNTS = [2, 3, 4, 6, 8, 12, 16, 32, 64, 128, 256, 1024];
  const uniform = (n) => Array.from({ length: n }, () => new Array(n).fill(1));
  const diagonal = (n, off) => uniform(n).map((row, i) => row.map((_, j) => (i === j ? 1 : off)));
  const START = {
    independent: uniform,
    "one word each": (n) => diagonal(n, 0),
    "frequent and vague": (n) => diagonal(n, { 2: 0.25, 3: 0.26, 4: 0.242 }[n]),
    "rare and certain": (n) => uniform(n).map((row, i) => row.map((_, j) => (i !== j ? 0 : i ? 0.05 / (n - 1) : 0.95))),
  };

  /* The table with another probability in one cell; the others keep their ratios. */
  function moved(table, i, j, p) {
    const rest = 1 - table[i][j], cells = table.length ** 2 - 1, left = 1 - p;
    return table.map((row, a) => row.map((q, b) => {
      if (a === i && b === j) return p;
      return rest > 1e-9 ? q * left / rest : left / cells;
    }));
  }

  const DASHED = { "stroke-width": 2, "stroke-dasharray": "4 3" };
  const MARKS = [
    { class: "rd-live-1", fill: "currentcolor", "fill-opacity": 0.4, "stroke-width": 2 },
    { class: "rd-live-2", fill: "none", ...DASHED },
  ];
  const CEILING = { class: "rd-live-ink", ...DASHED };
  const SIDE = 400, TOP = 1.6, WIDTH = 440, FROM = 10, SPAN = 420;
  const across = (v) => FROM + SPAN * Math.min(TOP, v) / TOP;

  function build(box, kit) {
    const { element, shape } = kit;
    kit.guess(box, "An untrained encoder: a vote of the ten nearest codes names the right class of {given} of the test pictures (CIFAR-10). The same encoder is trained with the global term, for information between picture and code. What share now?",
      { min: 10, max: 60, step: 0.1, unit: "\u00a0%", digits: 1 }, window.rederived.recorded.table);
    const pair = element(box, "div", { class: "rd-live-pair" });
    const board = kit.svg(pair, SIDE + 40, SIDE + 40, "Joint table: pictures in rows, codes in columns");
    board.setAttribute("role", "group");
    const bars = kit.svg(pair, WIDTH, 300, "Information, Jensen-Shannon divergence and InfoNCE of the table as bars");
    const swatch = { x: 8, y: 2, width: 16, height: 16 };
    kit.legend(box, [
      [(s) => shape(s, "rect", { ...swatch, ...MARKS[0] }), "the pair's probability, as an area"],
      [(s) => shape(s, "rect", { ...swatch, ...MARKS[1] }), "the same if picture and code were independent"],
      [(s) => shape(s, "path", { d: "M16 0V20", ...CEILING }), "ceiling"],
      [(s) => shape(s, "path", { d: "M16 0V20", class: "rd-live-4", "stroke-width": 4 }), "value held"],
    ]);
    const words = element(box, "p", { class: "rd-live-words", "aria-live": "polite" });
    const panel = element(box, "div", { class: "rd-live-controls" });
    const size = kit.slider(panel, "pictures and codes", 2, 4, 1, 4, (n) => `${n} × ${n}`);
    const among = kit.slider(panel, "candidates K of InfoNCE", 0, COUNTS.length - 1, 1, 2, (n) => String(COUNTS[n]));
    const row = element(panel, "div", { class: "rd-live-buttons" });
    let table = normalised(START["one word each"](4)), held = null, cells = [];

    function values() {
      return [information(table), jensenShannon(table), infoNce(table, COUNTS[Number(among.value)])];
    }

    function redraw() {
      const k = COUNTS[Number(among.value)], found = values();
      const [x, z] = marginals(table);
      cells.forEach((line, i) => line.forEach((cell, j) => cell.tell(table[i][j], x[i] * z[j])));
      bars.replaceChildren();
      [["I(X, Z)", null, "rd-live-1"], ["JS, at most log 2", Math.log(2), "rd-live-3"], [`InfoNCE, at most log ${k}`, Math.log(k), "rd-live-2"]].forEach(([name, ceiling, colour], n) => {
        const y = 14 + 96 * n;
        shape(bars, "text", { x: FROM, y: y + 16, class: "rd-live-text" }, `${name}: ${found[n].toFixed(3)} nats`);
        shape(bars, "rect", { x: FROM, y: y + 30, width: across(Math.max(0, found[n])) - FROM, height: 26, class: `${colour} rd-live-full` });
        if (held) shape(bars, "path", { d: `M${across(held[n])} ${y + 26}v34`, class: "rd-live-4", "stroke-width": 4 });
        if (ceiling && ceiling <= TOP) shape(bars, "path", { d: `M${across(ceiling)} ${y + 24}v38`, ...CEILING });
      });
      words.textContent = report(found, k, held);
    }

    function put(i, j, p) {
      table = moved(table, i, j, Math.max(0, Math.min(0.99, p)));
      redraw();
    }

    function cellOf(i, j) {
      const edge = SIDE / table.length, left = 34 + edge * j, top = 6 + edge * i;
      const cell = shape(board, "g", {
        class: "rd-live-cell", role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": 99,
        "aria-label": `picture ${i + 1}, code ${j + 1}`,
      });
      shape(cell, "rect", { x: left, y: top, width: edge - 4, height: edge - 4, class: "rd-live-disc rd-live-faint" });
      const squares = MARKS.map((mark) => shape(cell, "rect", mark));
      const number = shape(cell, "text", { x: left + 6, y: top + edge - 12, class: "rd-live-text" });
      cell.tell = (p, q) => {
        const text = (100 * p).toFixed(p < 0.0995 ? 1 : 0);
        [p, q].forEach((share, n) => {
          const side = (edge - 4) * Math.sqrt(share);
          Object.entries({ x: left + (edge - 4 - side) / 2, y: top + (edge - 4 - side) / 2, width: side, height: side })
            .forEach(([name, value]) => squares[n].setAttribute(name, value));
        });
        number.textContent = text;
        cell.setAttribute("aria-valuenow", text);
        cell.setAttribute("aria-valuetext", `${text} per cent`);
      };
      cell.addEventListener("keydown", (event) => {
        const by = { ArrowRight: 0.01, ArrowUp: 0.01, ArrowLeft: -0.01, ArrowDown: -0.01, PageUp: 0.1, PageDown: -0.1 }[event.key];
        const to = { Home: 0, End: 0.99 }[event.key];
        if (by === undefined && to === undefined) return;
        event.preventDefault();
        put(i, j, to === undefined ? table[i][j] + by : to);
      });
      let from = null;
      cell.addEventListener("pointerdown", (event) => {
        cell.setPointerCapture(event.pointerId);
        from = [event.clientX, table[i][j], event.clientY];
      });
      // sideways the finger moves the cell, else it scrolls the page
      cell.addEventListener("touchmove", (event) => {
        const { clientX, clientY } = event.touches[0];
        if (from && Math.abs(clientX - from[0]) > Math.abs(clientY - from[2])) event.preventDefault();
      }, { passive: false });
      cell.addEventListener("pointermove", (event) => {
        if (from) put(i, j, from[1] + (event.clientX - from[0]) / 250);
      });
      ["pointerup", "pointercancel"].forEach((name) => cell.addEventListener(name, () => { from = null; }));
      return cell;
    }

    function begin(weights) {
      table = normalised(weights);
      board.replaceChildren();
      shape(board, "text", { x: 34 + SIDE / 2, y: SIDE + 28, "text-anchor": "middle", class: "rd-live-text" }, "code z");
      shape(board, "text", { transform: `translate(22 ${SIDE / 2}) rotate(-90)`, "text-anchor": "middle", class: "rd-live-text" }, "picture x, per cent");
      cells = table.map((line, i) => line.map((_, j) => cellOf(i, j)));
      redraw();
    }

    Object.entries(START).forEach(([name, make]) => {
      kit.button(row, name, () => begin(make(Number(size.value))));
    });
    const hold = kit.button(row, "hold these values", () => {
      held = held ? null : values();
      hold.textContent = held ? "let go" : "hold these values";
      redraw();
    });
    size.addEventListener("input", () => begin(START["one word each"](Number(size.value))));
    among.addEventListener("input", redraw);
    begin(START["one word each"](4));
  }

  /* What the three numbers show, in words. */
  function report([i, js, nce], k, held) {
    if (held && (i - held[0]) * (js - held[1]) < -1e-4) {
      return `Against the values held I goes ${i > held[0] ? "up" : "down"} and JS ${js > held[1] ? "up" : "down"}: the two need not agree.`;
    }
    if (i < 5e-4) return "Picture and code are independent: nothing to tell true pairs from false ones by.";
    const share = Math.round(100 * nce / i);
    return `With ${k} candidates InfoNCE sees ${share} % of the information, and never more than log ${k} = ${Math.log(k).toFixed(2)}.`;
  }

  window.rederived.figure("fig-dim-live", { normalised, information, jensenShannon, infoNce, moved, report, START }, build);
})();
