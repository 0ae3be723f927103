/* Chapter 7's live figure: paths of update rules in a valley.
 *
 * The upper part is arithmetic, tested against rederived.chapters.adaptive and torch.optim. */
(function () {
  "use strict";

  const EPSILON = 1e-8;

  function hessian(condition, angle) {
    const c = Math.cos(angle), s = Math.sin(angle), off = (1 - condition) * c * s;
    return [[c * c + condition * s * s, off], [off, s * s + condition * c * c]];
  }

  const gradient = (h, x) => h.map((row) => row[0] * x[0] + row[1] * x[1]);
  const loss = (h, x) => 0.5 * gradient(h, x).reduce((sum, g, i) => sum + g * x[i], 0);

  /* The largest stable rate of gradient descent, and with momentum. */
  const limit = (condition, momentum = 0) => 2 * (1 + momentum) / condition;

  /* From a step's number, gradient and state [mean, mean square] to move and new state. */
  const blend = (old, now, kept) => old.map((v, i) => kept * v + (1 - kept) * now[i]);
  const squares = (g) => g.map((v) => v * v);
  const rms = (g, state, square, kept) => {
    const average = blend(state[1], square, kept);
    return [g.map((v, i) => v / Math.sqrt(average[i] + EPSILON)), [state[0], average]];
  };
  const STEP = {
    descent: (n, g, state) => [g, state],
    sign: (n, g, state) => [g.map(Math.sign), state],
    momentum: (n, g, state, memory) => {
      const sum = state[0].map((v, i) => memory * v + g[i]);
      return [sum, [sum, state[1]]];
    },
    scalar: (n, g, state, memory) => {
      const norm = g[0] * g[0] + g[1] * g[1];
      return rms(g, state, [norm, norm], memory);
    },
    vector: (n, g, state, memory) => rms(g, state, squares(g), memory),
    adam: (n, g, state) => {
      const mean = blend(state[0], g, 0.9), square = blend(state[1], squares(g), 0.999);
      const move = mean.map((m, i) => m / (1 - 0.9 ** n) / (Math.sqrt(square[i] / (1 - 0.999 ** n)) + EPSILON));
      return [move, [mean, square]];
    },
  };

  /* Points of a rule, the start first; memory is that of RMSprop and of momentum. */
  function path(rule, h, start, lr, memory, steps) {
    const points = [start];
    let x = start, state = [[0, 0], [0, 0]], move;
    for (let n = 1; n <= steps; n += 1) {
      [move, state] = STEP[rule](n, gradient(h, x), state, memory);
      x = [x[0] - lr * move[0], x[1] - lr * move[1]];
      points.push(x);
    }
    return points;
  }

  /* The drawing. */
  const STEPS = 100, SCALE = 80, WIDTH = 480, HEIGHT = 320;
  const RULES = [
    ["descent", "gradient descent", "rd-live-1", "", true],
    ["momentum", "momentum", "rd-live-5", "14 4", false],
    ["sign", "sign descent", "rd-live-2", "2 5", false],
    ["scalar", "RMSprop, one rate", "rd-live-3", "8 4", true],
    ["vector", "RMSprop, a rate each", "rd-live-4", "10 3 2 3", true],
    ["adam", "Adam", "rd-live-ink", "4 3", true],
  ];
  const clamp = (v, low, high) => Math.max(low, Math.min(high, v));
  const across = (x) => clamp(WIDTH / 2 + SCALE * x, -1e4, 1e4);
  const down = (y) => clamp(HEIGHT / 2 - SCALE * y, -1e4, 1e4);
  const LEFT = 52, RIGHT = 470, TOP = 12, FOOT = 168, LOW = -8, HIGH = 3;
  const time = (n) => LEFT + (RIGHT - LEFT) * n / STEPS;
  const height = (l) => FOOT - (FOOT - TOP) * (clamp(Math.log10(l + 1e-300), LOW, HIGH) - LOW) / (HIGH - LOW);
  const rate = (lr) => LEFT + (RIGHT - LEFT) * (Math.log10(lr) + 3) / 3.7;
  const joined = (points) => `M${points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L")}`;

  function build(box, kit) {
    const { element, shape } = kit, recorded = window.rederived.recorded.valley;
    kit.guess(box, "A small network reads handwritten digits whose 64 pixels were multiplied each by a factor of its own, from 0.1 to 10. RMSprop with a rate for each coordinate takes its test loss to {given}. Now rotate the 64 inputs at random, begin with the same function, and train again. What is the test loss?",
      { min: 0.05, max: 0.6, step: 0.005, unit: "\u00a0nats", digits: 3 }, recorded);
    const pair = element(box, "div", { class: "rd-live-pair" });
    const map = kit.svg(pair, WIDTH, HEIGHT, "Contours of a valley and the paths of the chosen rules");
    map.setAttribute("role", "group");
    const chart = kit.svg(pair, WIDTH, HEIGHT, "Loss of each rule step by step, and the learning rate beside its limit");
    const words = element(box, "p", { class: "rd-live-words", "aria-live": "polite" });
    const panel = element(box, "div", { class: "rd-live-controls" });
    const power = (v) => (10 ** v).toPrecision(2);
    const input = {
      condition: kit.slider(panel, "condition number κ", 0, 2, 0.05, 1.3, (v) => (10 ** v).toFixed(0)),
      lr: kit.slider(panel, "learning rate", -3, 0, 0.05, -1.2, power),
      memory: kit.slider(panel, "memory λ of RMSprop, momentum", 0, 0.99, 0.01, 0.9, (v) => v.toFixed(2)),
      angle: kit.slider(panel, "turned by, degrees", 0, 90, 1, 0, String),
      step: kit.slider(panel, "steps", 0, STEPS, 1, STEPS, String),
    };
    const row = element(panel, "div", { class: "rd-live-buttons" });
    const checks = element(panel, "div", { class: "rd-live-checks" });
    const rules = RULES.map(([rule, label, colour, dash, on]) => {
      const tick = kit.check(checks, label, on), line = { class: `${colour} rd-live-line`, "stroke-dasharray": dash };
      return { rule, label, line, tick, result: element(tick.parentNode, "output") };
    });
    let start = [2.4, 1.2];
    const rings = shape(map, "g", { class: "rd-live-faint", fill: "none" });
    const tracks = shape(map, "g");
    const grip = kit.handle(map, "start of all paths", "rd-live-2", (x, y) => {
      start = [clamp((x - WIDTH / 2) / SCALE, -2.9, 2.9), clamp((HEIGHT / 2 - y) / SCALE, -1.9, 1.9)];
      draw();
    });

    function frame(k, lr, memory) {
      chart.replaceChildren();
      const text = (x, y, words, more) => shape(chart, "text", { x, y, class: "rd-live-text", ...more }, words);
      shape(chart, "path", { d: `M${LEFT} ${TOP}V${FOOT}H${RIGHT}`, class: "rd-live-faint", fill: "none" });
      [[2, "10²"], [-2, "10⁻²"], [-6, "10⁻⁶"]].forEach(([l, name]) => text(LEFT - 6, height(10 ** l) + 5, name, { "text-anchor": "end" }));
      text(RIGHT, TOP + 8, "loss", { "text-anchor": "end" });
      text(RIGHT, FOOT + 18, `${STEPS} steps`, { "text-anchor": "end" });
      const y = 222;
      shape(chart, "path", { d: `M${LEFT} ${y}H${RIGHT}`, class: "rd-live-faint" });
      const bound = rate(limit(k));
      shape(chart, "path", { d: `M${LEFT} ${y}H${bound}`, class: "rd-live-1", "stroke-width": 6, opacity: 0.5 });
      shape(chart, "path", { d: `M${bound} ${y - 10}V${y + 10}`, class: "rd-live-1", "stroke-width": 3 });
      text(clamp(bound, 110, 410), y - 14, "limit 2/κ", { "text-anchor": "middle" });
      if (rules[1].tick.checked) shape(chart, "path", { d: `M${rate(limit(k, memory))} ${y - 10}V${y + 10}`, class: "rd-live-5", "stroke-width": 3, "stroke-dasharray": "4 2" });
      shape(chart, "path", { d: `M${rate(lr)} ${y + 2}l8 14h-16z`, class: "rd-live-2 rd-live-full" });
      text(clamp(rate(lr), 80, 410), y + 32, "rate", { "text-anchor": "middle" });
    }

    function draw() {
      const k = 10 ** Number(input.condition.value), lr = 10 ** Number(input.lr.value);
      const memory = Number(input.memory.value), degrees = Number(input.angle.value), now = Number(input.step.value);
      const h = hessian(k, degrees * Math.PI / 180);
      grip.put(across(start[0]), down(start[1]), `${start[0].toFixed(2)}, ${start[1].toFixed(2)}`);
      rings.replaceChildren();
      [0.05, 0.2, 0.6, 1.5, 3, 6, 12, 24, 48, 96].forEach((level) => shape(rings, "ellipse", {
        rx: SCALE * Math.sqrt(2 * level), ry: SCALE * Math.sqrt(2 * level / k),
        transform: `translate(${across(0)} ${down(0)}) rotate(${-degrees})`,
      }));
      tracks.replaceChildren();
      frame(k, lr, memory);
      rules.forEach(({ rule, label, line, tick, result }, n) => {
        const points = path(rule, h, start, lr, memory, now).filter((p) => p.every(Number.isFinite));
        const losses = points.map((p) => loss(h, p)), last = losses[losses.length - 1];
        result.textContent = last < 1e6 && losses.length > now ? `loss ${last.toExponential(1)}` : "diverges";
        if (tick.checked) {
          shape(tracks, "path", { d: joined(points.map((p) => [across(p[0]), down(p[1])])), ...line });
          shape(chart, "path", { d: joined(losses.map((l, i) => [time(i), height(l)])), ...line });
        }
        const x = 14 + 240 * (n % 2), y = 268 + 19 * Math.floor(n / 2);
        const key = shape(chart, "g", tick.checked ? {} : { opacity: 0.5 });
        shape(key, "path", { d: `M${x} ${y}h40`, ...line });
        shape(key, "text", { x: x + 48, y: y + 6, class: "rd-live-text" }, label);
      });
      shape(chart, "path", { d: `M${time(now)} ${TOP}V${FOOT}`, class: "rd-live-ink", "stroke-width": 1 });
      words.textContent = report(k, lr);
    }

    const moving = matchMedia("(prefers-reduced-motion: reduce)").matches ? STEPS : 1;
    let timer = null;
    kit.button(row, "play from the start", () => {
      clearInterval(timer);
      kit.set(input.step, 0);
      timer = setInterval(() => {
        kit.set(input.step, Number(input.step.value) + moving);
        draw();
        if (Number(input.step.value) >= STEPS) clearInterval(timer);
      }, 50);
    });
    kit.button(row, "just above 2/κ", () => {
      kit.set(input.lr, Math.log10(limit(10 ** Number(input.condition.value))) + 0.03);
      draw();
    });
    box.addEventListener("input", draw);
    draw();
  }

  function report(k, lr) {
    const slow = Math.max(Math.abs(1 - lr), Math.abs(1 - lr * k));
    const fate = slow < 1 ? `the slower direction keeps ${(100 * slow).toFixed(1)} % of its distance each step` : `the steep direction grows by ${(100 * (slow - 1)).toFixed(1)} % each step`;
    return `Gradient descent is stable below 2/κ = ${limit(k).toPrecision(2)}. At ${lr.toPrecision(2)} ${fate}.`;
  }

  window.rederived.figure("fig-ode-live", { hessian, loss, limit, path, report }, build);
})();
