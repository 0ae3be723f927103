/* Chapter 2's live figure: the adversarial game on three points, with and without KL(q || q°).
 *
 * The upper part is arithmetic, tested against rederived.chapters.variational.tables. */
(function () {
  "use strict";

  const sum = (values) => values.reduce((a, b) => a + b, 0);

  /* D = p/(p + q) at every point. */
  const discriminator = (data, model) => data.map((p, i) => p / (p + model[i]));

  /* The minimum of -E log D + weight KL(q || old): q proportional to old D^(1/weight). */
  function proximal(old, values, weight) {
    const logs = old.map((q, i) => Math.log(q) + Math.log(values[i]) / weight);
    const top = Math.max(...logs), parts = logs.map((v) => Math.exp(v - top));
    return parts.map((v) => v / sum(parts));
  }

  /* The minimum of -E log D: all mass where D is largest. */
  function corner(old, values) {
    const at = values.indexOf(Math.max(...values));
    return old.map((_, i) => (i === at ? 1 : 0));
  }

  /* Models of all rounds, the start first.  Weight 0 is the game without the term, into
   * whose models a share `floor` of the uniform distribution is mixed. */
  function play(data, start, weight, share, rounds, floor) {
    const models = [start], mixed = weight > 0 ? 0 : floor;
    for (let n = 0; n < rounds; n += 1) {
      const old = models[n], values = discriminator(data, old);
      const best = weight > 0 ? proximal(old, values, weight) : corner(old, values);
      models.push(old.map((q, i) => (1 - mixed) * ((1 - share) * q + share * best[i]) + mixed / old.length));
    }
    return models;
  }

  const variation = (p, q) => 0.5 * sum(p.map((v, i) => Math.abs(v - q[i])));

  /* The distribution nearest to what was asked for with at least `least` at each point. */
  function inside(wanted, least) {
    const parts = wanted.map((v) => Math.max(0, v)), total = sum(parts);
    return parts.map((v) => least + (1 - 3 * least) * v / total);
  }

  /* The drawing. */
  const WIDTH = 440, HEIGHT = 400, SIDE = 380, HIGH = SIDE * Math.sqrt(3) / 2, X = 30, Y = 366;
  const place = (p) => [X + SIDE * (p[1] + p[2] / 2), Y - HIGH * p[2]];
  const weights = (x, y) => {
    const third = (Y - y) / HIGH, second = (x - X) / SIDE - third / 2;
    return [1 - second - third, second, third];
  };
  const LEAST = 0.02, FLOOR = 0.01;
  const horizon = (share) => Math.round(24 * share ** -0.6);
  const GAMES = [
    { name: "with KL(q‖q°)", colour: "rd-live-1", dash: "" },
    { name: "without", colour: "rd-live-2", dash: "3 4" },
  ];
  const joined = (points) => `M${points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L")}`;
  const spoken = (p) => p.map((v) => v.toFixed(2)).join(", ");

  function build(box, kit) {
    const { element, shape } = kit;
    const text = (parent, x, y, words, more) => shape(parent, "text", { x, y, class: "rd-live-text", ...more }, words);
    const pair = element(box, "div", { class: "rd-live-pair" });
    const board = kit.svg(pair, WIDTH, HEIGHT, "Triangle of the distributions on three points, with the models of all rounds");
    board.setAttribute("role", "group");
    const chart = kit.svg(pair, WIDTH, HEIGHT, "Distance of the model from the data round by round, and both as bars");
    const words = element(box, "p", { class: "rd-live-words", "aria-live": "polite" });
    const panel = element(box, "div", { class: "rd-live-controls" });
    const round = kit.slider(panel, "rounds", 0, horizon(1), 1, 12, String);
    const weight = kit.slider(panel, "weight of the term", -4, 3, 0.5, 0, (v) => (2 ** v).toPrecision(2));
    const share = kit.slider(panel, "share of the way that a round goes", -2, 0, 0.1, 0, (v) => (10 ** v).toPrecision(2));
    const row = element(panel, "div", { class: "rd-live-buttons" });
    let data = [0.2, 0.5, 0.3], start = [0.7, 0.2, 0.1];

    shape(board, "path", { d: `${joined([[1, 0, 0], [0, 1, 0], [0, 0, 1]].map(place))}Z`, class: "rd-live-ink", fill: "none" });
    text(board, X - 4, Y + 22, "all on point 1");
    text(board, X + SIDE + 4, Y + 22, "all on point 2", { "text-anchor": "end" });
    text(board, X + SIDE / 2, Y - HIGH - 10, "all on point 3", { "text-anchor": "middle" });
    const tracks = shape(board, "g"), names = shape(board, "g");
    const grips = [
      kit.handle(board, "data p", "rd-live-3", (x, y) => { data = inside(weights(x, y), LEAST); draw(); }),
      kit.handle(board, "first model q°", "rd-live-4", (x, y) => { start = inside(weights(x, y), LEAST); draw(); }),
    ];

    function bars(models, now) {
      const shown = [[data, "rd-live-3", "data"], ...models.map((m, n) => [m[now], GAMES[n].colour, GAMES[n].name])];
      data.forEach((_, point) => {
        const left = 60 + 128 * point;
        shown.forEach(([p, colour], n) => shape(chart, "rect", {
          x: left + 32 * n, y: 352 - 100 * p[point], width: 28, height: 100 * p[point],
          class: colour, fill: "currentcolor", "fill-opacity": 0.55, "stroke-width": 2, "stroke-dasharray": ["8 3", ...GAMES.map((g) => g.dash)][n],
        }));
        text(chart, left + 46, 371, `point ${point + 1}`, { "text-anchor": "middle" });
      });
      shown.forEach(([, colour, name], n) => {
        const x = [24, 128, 316][n];
        shape(chart, "rect", { x, y: 382, width: 14, height: 14, class: `${colour} rd-live-full` });
        text(chart, x + 20, 395, name);
      });
    }

    function draw() {
      const lambda = 2 ** Number(weight.value), part = 10 ** Number(share.value), last = horizon(part);
      round.max = last;
      round.tell();
      const now = Number(round.value);
      const models = [lambda, 0].map((w) => play(data, start, w, part, last, FLOOR));
      const gaps = models.map((all) => all.map((q) => variation(data, q)));
      tracks.replaceChildren();
      names.replaceChildren();
      chart.replaceChildren();
      shape(chart, "path", { d: "M40 14V204H430", class: "rd-live-faint", fill: "none" });
      [0, 0.5, 1].forEach((v) => text(chart, 34, 210 - 190 * v, String(v), { "text-anchor": "end" }));
      text(chart, 430, 26, "total variation from the data", { "text-anchor": "end" });
      text(chart, 430, 224, `${last} rounds`, { "text-anchor": "end" });
      const time = (n) => 40 + 390 * n / last;
      GAMES.forEach(({ colour, dash }, g) => {
        const line = { class: `${colour} rd-live-line`, "stroke-dasharray": dash };
        const seen = models[g].slice(0, now + 1).map(place);
        shape(tracks, "path", { d: joined(seen), ...line });
        seen.slice(last > 60 ? now : 1).forEach(([x, y], n, all) => shape(tracks, "circle", { cx: x, cy: y, r: n === all.length - 1 ? 7 : 3, class: `${colour} rd-live-full` }));
        shape(chart, "path", { d: joined(gaps[g].map((v, n) => [time(n), 204 - 190 * v])), ...line });
      });
      shape(chart, "path", { d: `M${time(now)} 14V204`, class: "rd-live-ink", "stroke-width": 1 });
      bars(models, now);
      [[data, "p", 14, -10], [start, "q°", -28, 22]].forEach(([p, name, right, below], n) => {
        const [x, y] = place(p);
        grips[n].put(x, y, spoken(p));
        text(names, x + right, y + below, name, { class: "rd-live-text rd-live-strong" });
      });
      words.textContent = report(now, gaps.map((gap) => gap[now]));
    }

    kit.button(row, "one round more", () => { kit.set(round, Number(round.value) + 1); draw(); });
    kit.button(row, "steps of 1 %", () => { kit.set(share, -2); draw(); kit.set(round, round.max); draw(); });
    kit.button(row, "whole steps", () => { kit.set(share, 0); draw(); });
    box.addEventListener("input", draw);
    draw();
  }

  function report(now, [kept, dropped]) {
    const rounds = `${now} round${now === 1 ? "" : "s"}`;
    return `After ${rounds} the model is ${kept.toFixed(3)} from the data with the term, and ${dropped.toFixed(3)} without it, in total variation.`;
  }

  window.rederived.figure("fig-vi-live", { discriminator, play, variation, inside, report }, build);
})();
