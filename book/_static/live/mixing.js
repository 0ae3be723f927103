/* Chapter 1's live figure: two pictures mixed, and what mixing asks of three samples.
 *
 * The upper part is arithmetic, tested against rederived.chapters.mixup and SciPy. */
(function () {
  "use strict";

  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const mean = (values) => sum(values) / values.length;

  /* An integral over [0, 1]: f has the distances of the point from 0 and from 1, so that
   * it may be infinite at both.  Tanh-sinh quadrature. */
  function integral(f, step = 0.1) {
    let total = 0;
    for (let t = 0; t < 6.1; t += step) {
      const q = Math.exp(-Math.PI * Math.sinh(t)), near = q / (1 + q), far = 1 / (1 + q);
      const weight = step * Math.PI * Math.cosh(t) * near * far;
      total += weight * (t === 0 ? f(near, far) : f(near, far) + f(far, near));
    }
    return total;
  }

  /* The density of Beta(alpha, alpha) at a weight e, up to its constant. */
  const power = (e, rest, alpha) => (e * rest) ** (alpha - 1);
  const constant = (alpha) => 1 / integral((e, rest) => power(e, rest, alpha));

  /* What independent partners a, b of different samples bring to a point between two
   * neighbouring samples: [density, label] each.  The point lies `near` behind sample k
   * of the sorted ones and `far` before the next one. */
  function arrivals(x, y, alpha, scale, k, near, far) {
    const found = [];
    for (let a = 0; a <= k; a += 1) {
      for (let b = k + 1; b < x.length; b += 1) {
        const wide = x[b] - x[a], share = (x[k] - x[a] + near) / wide, rest = (x[b] - x[k + 1] + far) / wide;
        found.push([2 / x.length ** 2 * scale * power(share, rest, alpha) / wide, rest * y[a] + share * y[b]]);
      }
    }
    return found;
  }

  function sorted(x, y) {
    const order = x.map((_, i) => i).sort((i, j) => x[i] - x[j]);
    return [order.map((i) => x[i]), order.map((i) => y[i])];
  }

  /* Their mean label; 0 where the density is too small for a number. */
  const expected = (found) => sum(found.map(([p, label]) => p * label)) / (sum(found.map(([p]) => p)) || 1);

  /* The function with the least error under mixup, on each gap: [x, f(x)] at shares. */
  function best(points, labels, alpha, shares) {
    const [x, y] = sorted(points, labels);
    return x.slice(1).map((end, k) => shares.map((t) => {
      const wide = end - x[k];
      return [x[k] + t * wide, expected(arrivals(x, y, alpha, 1, k, t * wide, (1 - t) * wide))];
    }));
  }

  /* Its mean square error: the variance of the mixed label where the mixed point lies. */
  function floor(points, labels, alpha) {
    const [x, y] = sorted(points, labels), scale = constant(alpha);
    return sum(x.slice(1).map((end, k) => (end - x[k]) * integral((t, rest) => {
      const wide = end - x[k], found = arrivals(x, y, alpha, scale, k, t * wide, rest * wide);
      const middle = expected(found);
      return sum(found.map(([p, label]) => p * (label - middle) ** 2));
    })));
  }

  /* The affine function with the least error under mixup, [intercept, slope, error].
   * With an intercept it is that of least squares, for every alpha. */
  function line(x, y, alpha) {
    const kept = (alpha + 1) / (2 * alpha + 1), mx = mean(x), my = mean(y);
    const slope = sum(x.map((v, i) => (v - mx) * (y[i] - my))) / sum(x.map((v) => (v - mx) ** 2));
    const intercept = my - slope * mx;
    return [intercept, slope, kept * mean(x.map((v, i) => (y[i] - intercept - slope * v) ** 2))];
  }

  /* The drawing. */
  const WIDTH = 440, HEIGHT = 368, SCALE = 160, SHARES = Array.from({ length: 41 }, (_, i) => (i + 0.02) / 40.04);
  const across = (x) => 60 + SCALE * x;
  const down = (y) => 200 - 130 * y;
  const clamp = (v, low, high) => Math.max(low, Math.min(high, v));
  const CLEAR = { fill: "none", class: "rd-live-ink" };

  /* Two pictures of 100 x 100, opaque. */
  function cat(shape, parent) {
    shape(parent, "rect", { width: 100, height: 100, fill: "#fff4d6" });
    shape(parent, "path", { d: "M20 48L22 12L44 30H56L78 12L80 48C86 76 66 88 50 88S14 76 20 48z", fill: "#d9822b" });
    shape(parent, "path", { d: "M27 30L28 20L36 28zM73 30L72 20L64 28z", fill: "#f6c6b8" });
    [36, 64].forEach((x) => shape(parent, "path", { d: `M${x} 42q7 8 0 16q-7 -8 0 -16z`, fill: "#20301c" }));
    shape(parent, "path", { d: "M45 64h10l-5 6z", fill: "#7a2f2f" });
    shape(parent, "path", { d: "M50 70q-5 8 -11 4M50 70q5 8 11 4M34 66L8 60M34 70L8 72M66 66L92 60M66 70L92 72", fill: "none", stroke: "#4a2a10", "stroke-width": 2 });
  }

  function dog(shape, parent) {
    shape(parent, "rect", { width: 100, height: 100, fill: "#dcebf5" });
    shape(parent, "ellipse", { cx: 50, cy: 50, rx: 30, ry: 38, fill: "#b08a60" });
    shape(parent, "path", { d: "M28 20C6 16 2 52 14 68C24 66 28 48 28 20zM72 20C94 16 98 52 86 68C76 66 72 48 72 20z", fill: "#5b3d24" });
    shape(parent, "ellipse", { cx: 50, cy: 68, rx: 18, ry: 17, fill: "#efe2cf" });
    [38, 62].forEach((x) => shape(parent, "circle", { cx: x, cy: 42, r: 5, fill: "#1d1a17" }));
    shape(parent, "ellipse", { cx: 50, cy: 60, rx: 8, ry: 6, fill: "#1d1a17" });
    shape(parent, "path", { d: "M50 66V72M40 73q10 8 20 0", fill: "none", stroke: "#1d1a17", "stroke-width": 2 });
    shape(parent, "path", { d: "M44 76h12v8q-6 8 -12 0z", fill: "#d96a78" });
  }

  function build(box, kit) {
    const { element, shape } = kit, text = (parent, x, y, words, more) => shape(parent, "text", { x, y, class: "rd-live-text", ...more }, words);
    kit.guess(box, "A network learns ten classes from 1000 photographs (CIFAR-10) until it errs on {given} of them. Train it on the mean of two photographs at a time instead, with the label of one of them (SamplePairing). On what share of the 1000 does it err in the end?",
      { min: 0, max: 50, step: 0.1, unit: "\u00a0%", digits: 1 }, window.rederived.recorded.mixing);
    const pair = element(box, "div", { class: "rd-live-pair" });
    const blend = kit.svg(pair, WIDTH, HEIGHT, "A dog and a cat, drawn, and their mixture with its label");
    const plane = kit.svg(pair, WIDTH, HEIGHT, "Three samples with labels, the best affine function under mixup and the best of all functions");
    plane.setAttribute("role", "group");
    const words = element(box, "p", { class: "rd-live-words", "aria-live": "polite" });
    const panel = element(box, "div", { class: "rd-live-controls" });
    const recipe = kit.choice(panel, "label of the mixture", [["mixup", "mixup: both, by weight"], ["pairing", "SamplePairing: that of the dog"]], "mixup");
    const weight = kit.slider(panel, "weight ε of the dog", 0, 1, 0.01, 0.6, (v) => v.toFixed(2));
    const spread = kit.slider(panel, "α: weights follow Beta(α, α)", -1, 1, 0.05, 0, (v) => (10 ** v).toPrecision(2));
    const row = element(panel, "div", { class: "rd-live-buttons" });

    [[dog, 20, "dog"], [cat, 320, "cat"]].forEach(([draw, x, name]) => {
      draw(shape, shape(blend, "g", { transform: `translate(${x} 55)` }));
      text(blend, x + 50, 178, name, { "text-anchor": "middle" });
    });
    const mixed = shape(blend, "g", { transform: "translate(130 16) scale(1.8)" });
    cat(shape, mixed);
    const above = shape(mixed, "g"), below = shape(blend, "g");
    dog(shape, above);
    text(plane, 20, 28, "label");
    const curves = shape(plane, "g");
    let x = [0, 1, 2], y = [0, 1, 0];
    const grips = x.map((_, n) => kit.handle(plane, `sample ${n + 1}`, "rd-live-2", (left, top) => {
      const to = clamp((left - 60) / SCALE, -0.3, 2.3);
      if (x.every((v, i) => i === n || Math.abs(v - to) > 0.04)) x[n] = to;
      y[n] = clamp((200 - top) / 130, -1.1, 1.4);
      draw();
    }));

    function label(e, alpha) {
      const share = recipe.value === "mixup" ? e : 1, wide = 400 * share;
      below.replaceChildren();
      text(below, 220, 222, "its label", { "text-anchor": "middle" });
      shape(below, "rect", { x: 20, y: 230, width: wide, height: 30, class: "rd-live-1 rd-live-full", "fill-opacity": 0.45 });
      shape(below, "rect", { x: 20 + wide, y: 230, width: 400 - wide, height: 30, class: "rd-live-2 rd-live-full", "fill-opacity": 0.45 });
      shape(below, "rect", { x: 20, y: 230, width: 400, height: 30, ...CLEAR });
      if (share > 0.25) text(below, 28, 251, `dog ${share.toFixed(2)}`);
      if (share < 0.75) text(below, 412, 251, `cat ${(1 - share).toFixed(2)}`, { "text-anchor": "end" });
      const scale = constant(alpha), top = (t) => 340 - 18 * Math.min(3, scale * power(t, 1 - t, alpha));
      shape(below, "path", { d: `M${SHARES.map((t) => `${(20 + 400 * t).toFixed(1)} ${top(t).toFixed(1)}`).join("L")}`, class: "rd-live-3 rd-live-line" });
      shape(below, "path", { d: "M20 340H420", class: "rd-live-faint" });
      shape(below, "path", { d: `M${20 + 400 * e} 276V340`, class: "rd-live-ink", "stroke-width": 2 });
      text(below, 20, 357, "ε = 0");
      text(below, 420, 357, "1", { "text-anchor": "end" });
      text(below, 220, 357, "density of the weight ε", { "text-anchor": "middle" });
    }

    function draw() {
      const alpha = 10 ** Number(spread.value), pairing = recipe.value === "pairing";
      if (pairing) kit.set(weight, 0.5);
      weight.disabled = pairing;
      above.setAttribute("opacity", weight.value);
      label(Number(weight.value), alpha);
      curves.replaceChildren();
      shape(curves, "path", { d: `M10 ${down(0)}H430`, class: "rd-live-rule" });
      text(curves, 426, down(0) + 18, "x", { "text-anchor": "end" });
      const joined = (points) => `M${points.map((p) => `${across(p[0]).toFixed(1)} ${down(p[1]).toFixed(1)}`).join("L")}`;
      x.forEach((_, a) => x.slice(0, a).forEach((__, b) => shape(curves, "path", { d: joined([[x[a], y[a]], [x[b], y[b]]]), class: "rd-live-faint", "stroke-width": 1.5, "stroke-dasharray": "2 4" })));
      const [intercept, slope, error] = line(x, y, alpha), least = floor(x, y, alpha);
      shape(curves, "path", { d: joined([-0.35, 2.35].map((v) => [v, intercept + slope * v])), class: "rd-live-3 rd-live-line", "stroke-dasharray": "9 4" });
      best(x, y, alpha, SHARES).forEach((part) => shape(curves, "path", { d: joined(part), class: "rd-live-1 rd-live-line", "stroke-width": 3 }));
      [["rd-live-1", "", "best of all functions"], ["rd-live-3", "9 4", "best affine function"]].forEach(([colour, dash, name], n) => {
        shape(curves, "path", { d: `M20 ${316 + 22 * n}h36`, class: `${colour} rd-live-line`, "stroke-dasharray": dash });
        text(curves, 64, 322 + 22 * n, `${name}: error ${[least, error][n].toFixed(4)}`);
      });
      grips.forEach((grip, n) => grip.put(across(x[n]), down(y[n]), `x ${x[n].toFixed(2)}, label ${y[n].toFixed(2)}`));
      words.textContent = report(least, error);
    }

    kit.button(row, "labels 0, 1, 0", () => { x = [0, 1, 2]; y = [0, 1, 0]; draw(); });
    kit.button(row, "on one line", () => { y = x.map((v) => v / 2 - 0.2); draw(); });
    box.addEventListener("input", draw);
    draw();
  }

  function report(least, error) {
    if (least < 1e-6) return "Mixing contradicts nothing here: an affine function fits all samples and all mixtures.";
    return `The mixtures (dotted) contradict each other: no function has a mean square error below ${least.toFixed(4)}, and the best affine one has ${error.toFixed(4)}. Plain training on the three samples can reach 0.`;
  }

  window.rederived.figure("fig-mix-live", { best, constant, floor, line, report }, build);
})();
