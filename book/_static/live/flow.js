/* Chapter 3's live figure: a flow of the plane, layer by layer.
 *
 * The upper part is arithmetic, tested against rederived.flows with the same weights. */
(function () {
  "use strict";

  const COUPLINGS = 6, LIMIT = 2; // of the log-scale of an affine coupling

  /* A network of one number with two hidden layers of ReLUs; its outputs. */
  function network(weights, name, value) {
    let h = [value];
    [0, 2, 4].forEach((n) => {
      const matrix = weights[`${name}.${n}.weight`], bias = weights[`${name}.${n}.bias`];
      h = matrix.map((row, i) => row.reduce((total, w, j) => total + w * h[j], bias[i]));
      if (n < 4) h = h.map((v) => Math.max(0, v));
    });
    return h;
  }

  /* Log-scale and shift of the changed coordinate, which a coupling takes from the other. */
  function coupling(weights, kind, k, kept) {
    if (kind === "additive") return [0, network(weights, `bijection.steps.${k}.shift`, kept)[0]];
    const [raw, shift] = network(weights, `bijection.steps.${k}.net`, kept);
    return [LIMIT * Math.tanh(raw / LIMIT), shift];
  }

  /* Where a point is after some layers (the last is the scale), and log |det|. */
  function forward(weights, kind, x, layers) {
    const h = x.slice();
    let logDet = 0;
    for (let k = 0; k < Math.min(layers, COUPLINGS); k += 1) {
      const [logScale, shift] = coupling(weights, kind, k, h[k % 2]);
      h[1 - k % 2] = h[1 - k % 2] * Math.exp(logScale) + shift;
      logDet += logScale;
    }
    if (layers > COUPLINGS) {
      weights[`bijection.steps.${COUPLINGS}.log_scale`].forEach((s, i) => {
        h[i] *= Math.exp(s);
        logDet += s;
      });
    }
    return [h, logDet];
  }

  /* The way back from a point after some layers. */
  function inverse(weights, kind, point, layers) {
    const h = point.slice();
    if (layers > COUPLINGS) weights[`bijection.steps.${COUPLINGS}.log_scale`].forEach((s, i) => { h[i] *= Math.exp(-s); });
    for (let k = Math.min(layers, COUPLINGS) - 1; k >= 0; k -= 1) {
      const [logScale, shift] = coupling(weights, kind, k, h[k % 2]);
      h[1 - k % 2] = (h[1 - k % 2] - shift) * Math.exp(-logScale);
    }
    return h;
  }

  /* log q(x) as its two parts: the prior at the code, and log |det|. */
  function logDensity(weights, kind, x) {
    const [z, logDet] = forward(weights, kind, x, COUPLINGS + 1);
    return [-0.5 * (z[0] * z[0] + z[1] * z[1]) - Math.log(2 * Math.PI), logDet];
  }

  /* The drawing. */
  const WIDTH = 440, HEIGHT = 360, CELL = 0.15, LEFT = [-1.5, -1.05], COUNT = [26, 18], LAST = COUPLINGS + 1;
  const DENSITY = [0.02, 0.08, 0.2, 0.4, 0.8]; // from here on a darker cell
  const AREAS = [[-Infinity, -1, "rd-live-1", 0.55], [-1, -0.25, "rd-live-1", 0.25], [-0.25, 0.25, "", 0], [0.25, 1, "rd-live-2", 0.25], [1, Infinity, "rd-live-2", 0.55]];
  const cells = [];
  for (let i = 0; i < COUNT[0]; i += 1) {
    for (let j = 0; j < COUNT[1]; j += 1) {
      cells.push([[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5]].map(([a, b]) => [LEFT[0] + CELL * (i + a), LEFT[1] + CELL * (j + b)]));
    }
  }

  /* A view of points: to and from the drawing, one scale for both axes. */
  function view(points) {
    const [[a, b], [c, d]] = [0, 1].map((i) => points.map((p) => p[i])).map((v) => [Math.min(...v), Math.max(...v)]);
    const scale = Math.min((WIDTH - 60) / (b - a), (HEIGHT - 60) / (d - c));
    return {
      scale,
      put: ([x, y]) => [WIDTH / 2 + scale * (x - (a + b) / 2), HEIGHT / 2 - scale * (y - (c + d) / 2)],
      take: (x, y) => [(a + b) / 2 + (x - WIDTH / 2) / scale, (c + d) / 2 - (y - HEIGHT / 2) / scale],
    };
  }

  const short = (p) => p.map((v) => v.toFixed(0)).join(" ");
  const outlines = (corners) => corners.map((c) => `M${c.map(short).join("L")}Z`).join("");
  const dots = (points) => points.map((p) => `M${short(p)}h0`).join("");
  const two = (v) => v.toFixed(2).replace("-", "−");
  const pairOf = (p) => `(${p.map(two).join(", ")})`;

  function build(box, kit) {
    const { element, shape } = kit, { flows, recorded } = window.rederived;
    kit.guess(box, "Four couplings of 300 units and the scale of each coordinate, trained for 15 epochs by the recipe at the end of this chapter, reach {given} a test picture (MNIST). In the recipe the scales learn ten times as fast as the networks. Let them learn at the same rate. What is reached now?",
      { min: 0, max: 2000, step: 10, unit: "\u00a0nats", digits: 0 }, recorded.flow);
    const pair = element(box, "div", { class: "rd-live-pair" });
    const boards = ["The plane of the data, shaded by the density of the flow", "The same plane after the chosen layers"].map((label) => {
      const board = kit.svg(pair, WIDTH, HEIGHT, label);
      board.setAttribute("role", "group");
      return board;
    });
    const swatch = (colour, opacity) => (s) => shape(s, "rect", { x: 4, y: 2, width: 24, height: 16, class: `${colour} rd-live-full`, "fill-opacity": opacity });
    kit.legend(box, [
      [swatch("rd-live-4", 0.6), "density q(x)"],
      [swatch("rd-live-2", 0.55), "area stretched so far"],
      [swatch("rd-live-1", 0.55), "area shrunk"],
      [(s) => shape(s, "circle", { cx: 16, cy: 10, r: 8, class: "rd-live-2 rd-live-full" }), "one point, here and there: drag either"],
    ]);
    const words = element(box, "p", { class: "rd-live-words", "aria-live": "polite" });
    const panel = element(box, "div", { class: "rd-live-controls" });
    const kind = kit.choice(panel, "couplings", [["additive", "additive (NICE)"], ["affine", "affine (RealNVP)"]], "additive");
    const layers = kit.slider(panel, "layers", 0, LAST, 1, 3, (k) => (k > COUPLINGS ? "6 + scale" : String(k)));
    const row = element(panel, "div", { class: "rd-live-buttons" });
    const drawn = boards.map((board) => shape(board, "g"));
    let x = [0, 1], home, there;
    const grips = [
      kit.handle(boards[0], "point in the plane of the data", "rd-live-2", (a, b) => { x = home.take(a, b); tell(); }),
      kit.handle(boards[1], "the same point after the layers", "rd-live-2", (a, b) => {
        x = inverse(flows[kind.value], kind.value, there.take(a, b), Number(layers.value));
        tell();
      }),
    ];

    function plane() {
      const weights = flows[kind.value], into = drawn[0];
      home = view(cells.map((c) => c[0]).concat(cells.map((c) => c[2])));
      into.replaceChildren();
      DENSITY.forEach((least, n) => {
        const inside = cells.filter((c) => {
          const q = Math.exp(logDensity(weights, kind.value, c[4]).reduce((a, b) => a + b));
          return q >= least && !(q >= DENSITY[n + 1]);
        });
        shape(into, "path", { d: outlines(inside.map((c) => c.slice(0, 4).map(home.put))), class: "rd-live-4 rd-live-full", "fill-opacity": 0.15 * (n + 1) });
      });
      shape(into, "path", { d: outlines(cells.map((c) => c.slice(0, 4).map(home.put))), class: "rd-live-rule", fill: "none" });
      shape(into, "path", { d: dots(flows.points.map(home.put)), class: "rd-live-dots rd-live-ink", style: "stroke-width:3" });
      shape(into, "text", { x: 10, y: 22, class: "rd-live-text" }, "data x");
    }

    function after() {
      const weights = flows[kind.value], count = Number(layers.value), into = drawn[1];
      const map = (p) => forward(weights, kind.value, p, count);
      const points = flows.points.map((p) => map(p)[0]);
      there = view(points);
      const moved = cells.map((c) => [c.slice(0, 4).map((p) => there.put(map(p)[0])), map(c[4])[1]]);
      into.replaceChildren();
      AREAS.forEach(([low, high, colour, opacity]) => {
        const inside = moved.filter(([, logDet]) => logDet >= low && logDet < high);
        if (colour) shape(into, "path", { d: outlines(inside.map(([c]) => c)), class: `${colour} rd-live-full`, "fill-opacity": opacity });
      });
      shape(into, "path", { d: outlines(moved.map(([c]) => c)), class: "rd-live-rule", fill: "none" });
      shape(into, "path", { d: dots(points.map(there.put)), class: "rd-live-dots rd-live-ink", style: "stroke-width:3" });
      const [zx, zy] = there.put([0, 0]);
      if (count === LAST) [1, 2].forEach((r) => shape(into, "circle", { cx: zx, cy: zy, r: r * there.scale, fill: "none", class: "rd-live-3", "stroke-width": 2, "stroke-dasharray": "6 4" }));
      shape(into, "text", { x: 10, y: 22, class: "rd-live-text" }, count === LAST ? "code z" : `after ${count} layer${count === 1 ? "" : "s"}`);
      shape(into, "path", { d: `M${WIDTH - 14} ${HEIGHT - 14}h${-there.scale}`, class: "rd-live-ink", "stroke-width": 3 });
      shape(into, "text", { x: WIDTH - 14, y: HEIGHT - 22, "text-anchor": "end", class: "rd-live-text" }, "length 1");
    }

    function tell() {
      const weights = flows[kind.value], count = Number(layers.value);
      const [h, logDet] = forward(weights, kind.value, x, count);
      const keep = ([a, b]) => [Math.max(0, Math.min(WIDTH, a)), Math.max(0, Math.min(HEIGHT, b))];
      grips[0].put(...keep(home.put(x)), `x ${pairOf(x)}`);
      grips[1].put(...keep(there.put(h)), `after the layers ${pairOf(h)}`);
      words.textContent = report(x, forward(weights, kind.value, x, LAST)[0], logDensity(weights, kind.value, x), logDet);
    }

    function draw() {
      plane();
      after();
      tell();
    }

    kit.button(row, "one layer on", () => { kit.set(layers, (Number(layers.value) + 1) % (LAST + 1)); draw(); });
    kit.button(row, "back to the data", () => { kit.set(layers, 0); draw(); });
    box.addEventListener("input", draw);
    draw();
  }

  function report(x, z, [prior, logDet], sofar) {
    return `x = ${pairOf(x)}, code z = ${pairOf(z)}, log q(x) = log q(z) + log |det| = ${two(prior)} + ${two(logDet)} = ${two(prior + logDet)} nats. The layers so far multiply the area there by ${Math.exp(sofar).toFixed(2)}.`;
  }

  window.rederived.figure("fig-nice-live", { forward, inverse, logDensity, report }, build);
})();
