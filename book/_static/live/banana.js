/* Chapter 5's live figure: what a normal posterior costs, and what couplings mend.
 *
 * The upper part is arithmetic, tested against rederived.flows and rederived.chapters.fvae. */
(function () {
  "use strict";

  /* The model of the chapter's banana: prior N(0, I), decoder N(x; z1 + z0^2, sigma^2).
   * The posterior: a diagonal normal, then affine couplings as in rederived.flows,
   * which change z0 and z1 in turn, the last one z1.  Parameters are one array: two
   * means, two log-deviations, and for each coupling the weights of
   * Linear(1, H), tanh, Linear(H, 2). */
  const HIDDEN = 4, PER_LAYER = 4 * HIDDEN + 2, LOG_2PI = Math.log(2 * Math.PI);

  /* log q(x), integrated over z0; given z0 everything is normal. */
  function evidence(x, sigma) {
    const variance = 1 + sigma ** 2, step = 0.01;
    let total = 0;
    for (let z = -8; z <= 8; z += step) {
      total += Math.exp(-0.5 * z * z - 0.5 * (x - z * z) ** 2 / variance);
    }
    return Math.log(total * step) - LOG_2PI - 0.5 * Math.log(variance);
  }

  const NORMAL = [0, 0, -0.7, -0.7];

  /* The same flow with one more coupling in front, close to the identity. */
  function deepen(p) {
    const layer = [], layers = (p.length - 4) / PER_LAYER;
    for (let j = 0; j < HIDDEN; j += 1) layer.push(1);
    for (let j = 0; j < HIDDEN; j += 1) layer.push(1.5 - j);
    for (let j = 0; j < 2 * HIDDEN; j += 1) layer.push(0.1 * Math.sin(3 * j + 2 * layers + 1));
    return [...p.slice(0, 4), ...layer, 0, 0, ...p.slice(4)];
  }

  /* Points u, one after another, with weights: a grid for means over N(0, I). */
  function grid(side) {
    const points = [];
    let total = 0;
    for (let i = 0; i < side * side; i += 1) {
      const at = (n) => 4 * (2 * n / (side - 1) - 1);
      const u = [at(i % side), at(Math.floor(i / side))];
      const weight = Math.exp(-0.5 * (u[0] * u[0] + u[1] * u[1]));
      total += weight;
      points.push([u[0], u[1], weight]);
    }
    return points.map(([a, b, w]) => [a, b, w / total]);
  }

  /* z = F(u).  With a trace, what going backwards needs is kept there. */
  function flow(p, u, trace) {
    const layers = (p.length - 4) / PER_LAYER;
    const z = [p[0] + Math.exp(p[2]) * u[0], p[1] + Math.exp(p[3]) * u[1]];
    let logDet = p[2] + p[3];
    for (let k = 0; k < layers; k += 1) {
      const at = 4 + k * PER_LAYER, kept = (layers - 1 - k) % 2, h = [];
      let a = p[at + 4 * HIDDEN], t = p[at + 4 * HIDDEN + 1];
      for (let j = 0; j < HIDDEN; j += 1) {
        h.push(Math.tanh(p[at + j] * z[kept] + p[at + HIDDEN + j]));
        a += p[at + 2 * HIDDEN + j] * h[j];
        t += p[at + 3 * HIDDEN + j] * h[j];
      }
      const s = 2 * Math.tanh(a / 2);
      if (trace) trace.push([kept, z[kept], z[1 - kept], h, s]);
      z[1 - kept] = z[1 - kept] * Math.exp(s) + t;
      logDet += s;
    }
    return [z[0], z[1], logDet];
  }

  /* KL of the posterior from the true one: bound less -log q(x), and its gradient. */
  function gap(p, x, sigma, points, gradient) {
    const constant = evidence(x, sigma) + Math.log(sigma) + 0.5 * LOG_2PI;
    let value = 0;
    if (gradient) gradient.fill(0);
    points.forEach((u) => {
      const trace = gradient ? [] : null;
      const [z0, z1, logDet] = flow(p, u, trace);
      const miss = x - z1 - z0 * z0;
      value += u[2] * (0.5 * (miss / sigma) ** 2 - logDet + constant
        + 0.5 * (z0 * z0 + z1 * z1 - u[0] * u[0] - u[1] * u[1]));
      if (gradient) backward(p, u, [z0, z1], miss / sigma ** 2, trace, gradient);
    });
    return value;
  }

  function backward(p, u, z, pull, trace, gradient) {
    const w = u[2], g = [w * (z[0] - 2 * z[0] * pull), w * (z[1] - pull)];
    for (let k = trace.length - 1; k >= 0; k -= 1) {
      const [kept, before, moved, h, s] = trace[k], at = 4 + k * PER_LAYER;
      const shift = g[1 - kept], scale = Math.exp(s);
      const raw = (shift * moved * scale - w) * (1 - s * s / 4);
      g[1 - kept] *= scale;
      gradient[at + 4 * HIDDEN] += raw;
      gradient[at + 4 * HIDDEN + 1] += shift;
      for (let j = 0; j < HIDDEN; j += 1) {
        const into = raw * p[at + 2 * HIDDEN + j] + shift * p[at + 3 * HIDDEN + j];
        const inner = into * (1 - h[j] * h[j]);
        gradient[at + j] += inner * before;
        gradient[at + HIDDEN + j] += inner;
        gradient[at + 2 * HIDDEN + j] += raw * h[j];
        gradient[at + 3 * HIDDEN + j] += shift * h[j];
        g[kept] += inner * p[at + j];
      }
    }
    for (let i = 0; i < 2; i += 1) {
      gradient[i] += g[i];
      gradient[2 + i] += g[i] * Math.exp(p[2 + i]) * u[i] - w;
    }
  }

  const STEPS = 300, RATE = 0.05;

  /* A fit by Adam on the exact gap, to be carried on step by step. */
  function fit(begin, x, sigma, points) {
    const p = begin.slice(), g = p.map(() => 0), first = g.slice(), second = g.slice();
    const made = { p, steps: 0 };
    made.step = () => {
      const n = (made.steps += 1);
      gap(p, x, sigma, points, g);
      const rate = RATE * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, n / STEPS)));
      p.forEach((_, i) => {
        first[i] += 0.1 * (g[i] - first[i]);
        second[i] += 0.01 * (g[i] * g[i] - second[i]);
        p[i] -= rate * first[i] / (1 - 0.9 ** n)
          / (Math.sqrt(second[i] / (1 - 0.99 ** n)) + 1e-8);
      });
    };
    return made;
  }

  /* The drawing. */
  const SCALE = 90, LEFT = -2.6, HIGH = 2.3, WIDTH = 470, HEIGHT = 470, DOTS = 400, DEPTHS = 4;
  const across = (z) => (z - LEFT) * SCALE;
  const down = (z) => (HIGH - z) * SCALE;
  const pair = (z) => `${across(z[0]).toFixed(1)} ${down(z[1]).toFixed(1)}`;

  /* Normal points that cover the plane evenly: a lattice through Box and Muller. */
  function normals(count) {
    return Array.from({ length: count }, (_, n) => {
      const radius = Math.sqrt(-2 * Math.log((n + 0.5) / count));
      const angle = 2 * Math.PI * ((n * 0.6180339887498949) % 1);
      return [radius * Math.cos(angle), radius * Math.sin(angle)];
    });
  }

  /* A contour of the true posterior: given z0, z1 is normal, so it is two curves over
   * each stretch where the ridge is high enough. */
  function contour(x, sigma, level) {
    const variance = 1 + sigma ** 2;
    const ridge = (z) => -0.5 * z * z - 0.5 * (x - z * z) ** 2 / variance;
    const grid_ = Array.from({ length: 601 }, (_, n) => n / 100 - 3);
    const floor = Math.max(...grid_.map(ridge)) - level;
    const over = (z) => ridge(z) > floor, ends = [];
    grid_.slice(1).forEach((right, n) => {
      let a = grid_[n], b = right;
      if (over(a) === over(b)) return;
      for (let k = 0; k < 30; k += 1) {
        const middle = (a + b) / 2;
        if (over(middle) === over(a)) a = middle; else b = middle;
      }
      ends.push(a);
    });
    let made = "";
    for (let n = 0; n + 1 < ends.length; n += 2) {
      const middle = (ends[n] + ends[n + 1]) / 2, half = (ends[n + 1] - ends[n]) / 2;
      const points = [];
      for (let k = 0; k < 120; k += 1) {
        const angle = Math.PI * k / 60, z = middle - half * Math.cos(angle);
        const reach = Math.sqrt(Math.max(0, ridge(z) - floor) * 2 / variance) * sigma;
        points.push(pair([z, (x - z * z) / variance + (k < 60 ? reach : -reach)]));
      }
      made += `M${points.join("L")}Z`;
    }
    return made;
  }

  function build(box, kit) {
    const { element, shape } = kit;
    kit.guess(box, "Samples of the recorded VAE have {given} of the sharpness of the drawn faces that it was trained on. What do those of an f-VAE of equal size have, after as many epochs?",
      { min: 0, max: 1, step: 0.01, unit: "", digits: 2 }, window.rederived.recorded.banana);
    const side = element(box, "div", { class: "rd-live-pair" });
    const svg = kit.svg(side, WIDTH, HEIGHT, "True posterior of the code as contours, draws of the fitted posterior as dots");
    const bars = kit.svg(side, WIDTH, 300, "Nats lost by each depth of the flow");
    kit.legend(box, [
      [(s) => shape(s, "ellipse", { cx: 16, cy: 10, rx: 13, ry: 7, class: "rd-live-1", "stroke-width": 2, fill: "none" }), "true posterior q(z|x)"],
      [(s) => shape(s, "path", { d: "M6 10h0M16 6h0M26 12h0", class: "rd-live-2 rd-live-dots" }), "draws of the trained one"],
    ]);
    const words = element(box, "p", { class: "rd-live-words", "aria-live": "polite" });
    const panel = element(box, "div", { class: "rd-live-controls" });
    const depth = kit.slider(panel, "couplings of the flow", 0, DEPTHS, 1, 0, (v) => (v ? String(v) : "0 (normal)"));
    const sigma = kit.slider(panel, "decoder's deviation σ", 0.1, 1, 0.05, 0.3, (v) => v.toFixed(2));
    const seen = kit.slider(panel, "number seen, x", -1, 2, 0.1, 1, (v) => v.toFixed(1).replace("-", "−"));
    const rings = shape(svg, "g", { class: "rd-live-1", fill: "none" });
    const dots = shape(svg, "path", { class: "rd-live-2 rd-live-dots" });
    const train = grid(31), exam = grid(61), cloud = normals(DOTS);
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    let fits = [], waiting = false;

    function setting() {
      return [Number(seen.value), Number(sigma.value)];
    }

    function restart() {
      fits = [fit(NORMAL, ...setting(), train)];
      rings.replaceChildren();
      [0.4, 1.4, 3].forEach((level, n) => {
        shape(rings, "path", { d: contour(...setting(), level), "stroke-width": 2.5 - 0.6 * n });
      });
      go();
    }

    /* A step of the fit under way; each depth begins where the last ended. */
    function work() {
      let one = fits[fits.length - 1];
      if (one.steps === STEPS) fits.push(one = fit(deepen(one.p), ...setting(), train));
      one.step();
      if (one.steps === STEPS) one.gap = gap(one.p, ...setting(), exam);
      return fits.length <= DEPTHS || one.steps < STEPS;
    }

    function go() {
      if (waiting) return;
      waiting = true;
      const turn = () => {
        const end = still ? Infinity : performance.now() + 14;
        let more = true;
        while (more && performance.now() < end) more = work();
        redraw();
        waiting = more;
        if (more) window.requestAnimationFrame(turn);
      };
      window.requestAnimationFrame(turn);
    }

    function redraw() {
      const wanted = Number(depth.value), shown = fits[Math.min(wanted, fits.length - 1)];
      dots.setAttribute("d", cloud.map((u) => `M${pair(flow(shown.p, u))}h0`).join(""));
      bars.replaceChildren();
      const scale = 250 / Math.max(0.5, ...fits.map((one) => one.gap || 0));
      shape(bars, "text", { x: 8, y: 26, class: "rd-live-text" }, "nats by which the bound misses log q(x)");
      for (let k = 0; k <= DEPTHS; k += 1) {
        const value = fits[k] && fits[k].gap, y = 52 * k + 40;
        shape(bars, "text", { x: 8, y: y + 19, class: `rd-live-text ${k === wanted ? "rd-live-strong" : ""}` }, k ? `${k} couplings`.replace(/^1 couplings/, "1 coupling") : "normal");
        if (value === undefined) continue;
        shape(bars, "rect", { x: 120, y: y + 2, width: Math.max(1, scale * value), height: 24, class: k === wanted ? "rd-live-2 rd-live-full" : "rd-live-1 rd-live-full" });
        shape(bars, "text", { x: 128 + Math.max(1, scale * value), y: y + 19, class: "rd-live-text" }, value.toFixed(3));
      }
      const done = fits[wanted] && fits[wanted].gap;
      const text = done === undefined ? `Training, couplings: ${fits.length - 1} …`
        : `The bound misses log q(x) by ${done.toFixed(3)} nats${wanted ? `; with a normal posterior by ${fits[0].gap.toFixed(3)}` : ", the price of a normal posterior"}.`;
      if (words.textContent !== text) words.textContent = text; // said once
    }

    box.addEventListener("input", (event) => {
      if (event.target === depth) redraw(); else restart();
    });
    restart();
  }

  window.rederived.figure("fig-fvae-live", { evidence, flow, gap, fit, deepen, grid, NORMAL, STEPS, contour, normals }, build);
})();
