/* Chapter 7's interactive figure: paths of update rules in a valley.
 *
 * The upper part is the arithmetic of rederived.chapters.adaptive.paths, tested against it.
 * The lower part puts a drawing with controls in the place of the static picture of
 * the figure "fig-ode-play".  Pages without that figure are left alone. */
(function () {
  "use strict";

  const EPSILON = 1e-8;

  function hessian(condition, angle) {
    const c = Math.cos(angle), s = Math.sin(angle);
    return [
      [c * c + condition * s * s, (1 - condition) * c * s],
      [(1 - condition) * c * s, s * s + condition * c * c],
    ];
  }

  function gradient(h, x) {
    return [h[0][0] * x[0] + h[0][1] * x[1], h[1][0] * x[0] + h[1][1] * x[1]];
  }

  function loss(h, x) {
    const g = gradient(h, x);
    return 0.5 * (x[0] * g[0] + x[1] * g[1]);
  }

  /* Points of a rule: "gradient descent", "sign", "scalar" or "vector". */
  function path(method, h, start, lr, decay, steps) {
    let x = start.slice(), average = [0, 0];
    const points = [x];
    for (let n = 0; n < steps; n += 1) {
      const g = gradient(h, x);
      let move = g;
      if (method === "sign") {
        move = g.map(Math.sign);
      } else if (method !== "gradient descent") {
        const norm = g[0] * g[0] + g[1] * g[1];
        const square = method === "vector" ? [g[0] * g[0], g[1] * g[1]] : [norm, norm];
        average = average.map((a, i) => decay * a + (1 - decay) * square[i]);
        move = g.map((v, i) => v / Math.sqrt(average[i] + EPSILON));
      }
      x = [x[0] - lr * move[0], x[1] - lr * move[1]];
      points.push(x);
    }
    return points;
  }

  if (typeof module !== "undefined" && module.exports) {
    module.exports = { hessian, gradient, loss, path };
    return;
  }
  if (typeof document === "undefined") return;

  const CONDITION = 20, STEPS = 100, START = [2.4, 1.2];
  const VIEW = { left: -3, right: 3, low: -2, high: 2, scale: 100 };
  const RULES = [
    ["gradient descent", "Gradient descent (1)", "#0072B2", ""],
    ["sign", "Sign descent (11)", "#D55E00", "2 5"],
    ["scalar", "RMSprop, one rate (14)", "#009E73", "9 4"],
    ["vector", "RMSprop, a rate each (15)", "#CC79A7", "9 3 2 3"],
  ];
  const SLIDERS = [
    ["lr", "learning rate", -3, 0, 0.05, -1.2, (v) => (10 ** v).toPrecision(2)],
    ["decay", "averaging λ", 0, 0.99, 0.01, 0.9, (v) => v.toFixed(2)],
    ["angle", "rotation, degrees", 0, 90, 1, 0, (v) => v.toFixed(0)],
  ];
  const SVG = "http://www.w3.org/2000/svg";
  let made = 0;

  function element(parent, name, attributes, text, space) {
    const node = space ? document.createElementNS(space, name) : document.createElement(name);
    Object.entries(attributes || {}).forEach(([key, value]) => node.setAttribute(key, value));
    if (text) node.textContent = text;
    parent.appendChild(node);
    return node;
  }

  const across = (x) => Math.max(-1e4, Math.min(1e4, (x - VIEW.left) * VIEW.scale));
  const down = (y) => Math.max(-1e4, Math.min(1e4, (VIEW.high - y) * VIEW.scale));

  function contours(layer, angle) {
    layer.replaceChildren();
    [0.05, 0.2, 0.6, 1.5, 3, 6, 12, 24].forEach((level) => {
      const wide = Math.sqrt(2 * level), thin = Math.sqrt(2 * level / CONDITION);
      element(layer, "ellipse", {
        cx: 0, cy: 0, rx: wide * VIEW.scale, ry: thin * VIEW.scale,
        transform: `translate(${across(0)} ${down(0)}) rotate(${-angle})`,
      }, "", SVG);
    });
  }

  function build(figure, picture) {
    const id = `rd-valley-${(made += 1)}`;
    const box = document.createElement("div");
    box.className = "rd-valley";
    const svg = element(box, "svg", {
      viewBox: `0 0 ${(VIEW.right - VIEW.left) * VIEW.scale} ${(VIEW.high - VIEW.low) * VIEW.scale}`,
      role: "img", "aria-label": "Paths of the chosen update rules over the contours of a valley",
    }, "", SVG);
    const rings = element(svg, "g", { class: "rd-valley-rings" }, "", SVG);
    const tracks = RULES.map(([, , colour, dash]) => element(svg, "path", {
      fill: "none", stroke: colour, "stroke-width": 3, "stroke-dasharray": dash,
      "stroke-linejoin": "round",
    }, "", SVG));
    const panel = element(box, "div", { class: "rd-valley-controls" });
    const inputs = {};
    SLIDERS.forEach(([name, label, min, max, step, value]) => {
      const row = element(panel, "div", { class: "rd-valley-row" });
      element(row, "label", { for: `${id}-${name}` }, label);
      const input = element(row, "input", {
        id: `${id}-${name}`, type: "range", min, max, step, value,
      });
      inputs[name] = [input, element(row, "output", { for: `${id}-${name}` })];
    });
    const table = element(panel, "div", { class: "rd-valley-rules" });
    const rows = RULES.map(([rule, label, colour], k) => {
      const row = element(table, "label", { class: "rd-valley-rule" });
      const tick = element(row, "input", { type: "checkbox" });
      tick.checked = true;
      element(row, "span", { class: "rd-valley-key", style: `background:${colour}` });
      element(row, "span", {}, label);
      return [tick, element(row, "span", { class: "rd-valley-loss" }), rule, k];
    });

    function draw() {
      const value = {};
      SLIDERS.forEach(([name, , , , , , show]) => {
        const [input, output] = inputs[name];
        value[name] = Number(input.value);
        output.textContent = show(value[name]);
        input.setAttribute("aria-valuetext", output.textContent);
      });
      const angle = value.angle * Math.PI / 180;
      const h = hessian(CONDITION, angle);
      contours(rings, value.angle);
      rows.forEach(([tick, result, rule, k]) => {
        tracks[k].style.display = tick.checked ? "" : "none";
        const points = path(rule, h, START, 10 ** value.lr, value.decay, STEPS);
        const shown = points.filter((p) => p.every(Number.isFinite));
        tracks[k].setAttribute("d", "M" + shown.map((p) => `${across(p[0]).toFixed(1)} ${down(p[1]).toFixed(1)}`).join("L"));
        const end = loss(h, points[points.length - 1]);
        result.textContent = end < 1e6 ? `loss ${end.toExponential(1)}` : "diverges";
      });
    }

    box.addEventListener("input", draw);
    picture.style.display = "none";
    picture.parentNode.insertBefore(box, picture);
    draw();
  }

  function start() {
    const figure = document.getElementById("fig-ode-play");
    const picture = figure && figure.querySelector("img");
    if (!picture || figure.querySelector(".rd-valley")) return;
    build(figure, picture);
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
