/* Chapter 8's live figure: rate, fit and the information that cancels.
 *
 * The upper part is arithmetic, tested against rederived.vae.linear. */
(function () {
  "use strict";

  /* The linear model of rederived.vae.linear: data N(0, v), encoder N(a x, s2), prior
   * N(0, 1), and a decoder N(w z, t^2) or the ideal one.  An encoder is given by its
   * information and by the variance of its codes. */
  function encoder(v, information, variance) {
    const noise = variance * Math.exp(-2 * information);
    return { noise, slope: Math.sqrt(Math.max(0, variance - noise) / v) };
  }

  /* Parts of the loss; the distortion as the fit H(X) - distortion. */
  function parts(v, t, information, variance, ideal) {
    const { noise, slope } = encoder(v, information, variance);
    const aggregate = 0.5 * (variance - 1 - Math.log(variance));
    const weight = slope * v / variance; // the best decoder of this form
    const square = (1 - weight * slope) ** 2 * v + weight ** 2 * noise;
    const entropy = 0.5 * Math.log(2 * Math.PI * Math.E * v);
    const limited = 0.5 * (square / t ** 2 + Math.log(2 * Math.PI * t ** 2));
    const distortion = ideal ? entropy - information : limited;
    return {
      information, aggregate, distortion, rate: information + aggregate,
      fit: entropy - distortion, gap: information - entropy + distortion,
    };
  }

  /* The loss less H(X): weight * rate - fit. */
  const loss = (part, weight) => weight * part.rate - part.fit;

  /* The information of the encoder with the least loss, limited decoder. */
  function optimalInformation(v, t, weight) {
    return Math.max(0, 0.5 * Math.log(v / (weight * t ** 2)));
  }

  /* The drawing. */
  const V = 4, WIDTH = 520, HEIGHT = 360, LEFT = 52, TOP = 12, RIGHT = 4, LOW = -4, HIGH = 4;
  const across = (rate) => LEFT + (WIDTH - LEFT - 14) * rate / RIGHT;
  const down = (fit) => TOP + (HEIGHT - TOP - 44) * (HIGH - fit) / (HIGH - LOW);
  const two = (v) => v.toFixed(2).replace("-", "−");

  function curve(ideal, t) {
    const points = [];
    for (let i = 0; i <= RIGHT; i += 0.05) {
      const part = parts(V, t, i, 1, ideal);
      points.push(`${across(part.rate).toFixed(1)} ${down(-part.fit).toFixed(1)}`);
    }
    return `M${points.join("L")}`;
  }

  function report(part, weight, ideal) {
    const value = loss(part, weight);
    if (!ideal) {
      return `Loss ${two(value)}: the code says ${two(part.information)} nats; not being p(x|z) costs the decoder ${two(part.gap)}.`;
    }
    const net = (weight - 1) * part.information;
    return Math.abs(weight - 1) < 1e-9
      ? `Loss ${two(value)}, whatever I is: ${two(part.information)} paid in the rate, ${two(part.information)} earned in the fit.`
      : `Loss ${two(value)}: of the information (β − 1)·I = ${two(net)} is left.`;
  }

  const BARS = [
    ["rate: + β·I", "rd-live-1", (part, weight) => weight * part.information],
    ["rate: + β·KL(p(z)‖q(z))", "rd-live-4", (part, weight) => weight * part.aggregate],
    ["fit: − I", "rd-live-2", (part) => -part.information],
    ["fit: + KL to the decoder", "rd-live-3", (part) => part.gap],
  ];

  function build(box, kit) {
    const { element, shape } = kit;
    kit.guess(box, "With independent pixels the code of the recorded VAE carries at least {given} after six epochs (10,000 pictures of MNIST, β = 1). Let the decoder look at all earlier pixels too, and the bound improves. How much does the code carry after as many epochs, at least?",
      { min: 0, max: 10, step: 0.1, unit: "\u00a0nats", digits: 1 }, window.rederived.recorded.rate);
    const pair = element(box, "div", { class: "rd-live-pair" });
    const svg = kit.svg(pair, WIDTH, HEIGHT, "Plane of rate and distortion: curves of two decoders, the encoder as a point");
    const bars = kit.svg(pair, WIDTH, 280, "Parts of the loss as bars");
    kit.legend(box, [
      [(s) => shape(s, "path", { d: "M0 10H32", class: "rd-live-1", "stroke-width": 3 }), "best with the ideal decoder"],
      [(s) => shape(s, "path", { d: "M0 10H32", class: "rd-live-3", "stroke-width": 3, "stroke-dasharray": "9 4" }), "best with the limited decoder"],
      [(s) => shape(s, "path", { d: "M0 10H32", class: "rd-live-ink", "stroke-width": 1.5, "stroke-dasharray": "2 5" }), "equal loss, slope −β"],
      [(s) => shape(s, "circle", { cx: 16, cy: 10, r: 7, class: "rd-live-2 rd-live-full" }), "this encoder"],
    ]);
    const words = element(box, "p", { class: "rd-live-words", "aria-live": "polite" });
    const panel = element(box, "div", { class: "rd-live-controls" });
    const decoder = kit.choice(panel, "decoder", [["ideal", "ideal: Bayes' rule"], ["limited", "limited: N(wz, t²)"]], "ideal");
    const beta = kit.slider(panel, "weight β of the rate", -3, 5, 0.25, 0, (v) => (2 ** v).toPrecision(3));
    const info = kit.slider(panel, "information I, nats", 0, RIGHT, 0.01, 1, two);
    const spread = kit.slider(panel, "variance of the codes", -2, 2, 0.1, 0, (v) => two(2 ** v));
    const noise = kit.slider(panel, "decoder's deviation t", 0.1, 2, 0.05, 0.5, two);
    const tick = kit.check(panel, "train the encoder: the least loss for this β", false);

    function train() {
      const weight = 2 ** Number(beta.value);
      if (decoder.value === "limited") {
        kit.set(info, Math.min(RIGHT, optimalInformation(V, Number(noise.value), weight)));
      } else if (weight !== 1) kit.set(info, weight < 1 ? RIGHT : 0);
      kit.set(spread, 0);
    }

    function axes() {
      for (let r = 0; r <= RIGHT; r += 1) {
        shape(svg, "path", { d: `M${across(r)} ${TOP}V${HEIGHT - 44}`, class: "rd-live-rule" });
        shape(svg, "text", { x: across(r), y: HEIGHT - 24, "text-anchor": "middle", class: "rd-live-text" }, r);
      }
      for (let d = LOW; d <= HIGH; d += 2) {
        shape(svg, "path", { d: `M${LEFT} ${down(d)}H${WIDTH - 14}`, class: "rd-live-rule" });
        shape(svg, "text", { x: LEFT - 8, y: down(d) + 5, "text-anchor": "end", class: "rd-live-text" }, String(d).replace("-", "−"));
      }
      shape(svg, "text", { x: WIDTH / 2, y: HEIGHT - 6, "text-anchor": "middle", class: "rd-live-text" }, "rate, nats");
      shape(svg, "text", { transform: `translate(16 ${HEIGHT / 2 - 20}) rotate(-90)`, "text-anchor": "middle", class: "rd-live-text" }, "distortion − H(X), nats");
    }

    function stack(part, weight) {
      bars.replaceChildren();
      const scale = 66, zero = 0.37 * WIDTH;
      const at = (v) => Math.max(-20, Math.min(WIDTH + 20, zero + scale * v));
      let from = 0;
      BARS.forEach(([label, colour, of], line) => {
        const value = of(part, weight), to = from + value, y = 58 * line;
        shape(bars, "text", { x: 10, y: y + 24, class: "rd-live-text" }, `${label} = ${two(value)}`);
        shape(bars, "path", { d: `M${zero} ${y + 30}v28`, class: "rd-live-ink" });
        shape(bars, "rect", {
          x: at(Math.min(from, to)), y: y + 34, width: at(Math.max(from, to)) - at(Math.min(from, to)),
          height: 20, class: `${colour} rd-live-full`,
        });
        from = to;
      });
      const x = at(from);
      shape(bars, "path", { d: `M${x} 244l11 11l-11 11l-11 -11z`, class: "rd-live-solid" });
      shape(bars, "text", { x: Math.min(x + 18, WIDTH - 110), y: 261, class: "rd-live-text rd-live-strong" }, `loss = ${two(from)}`);
    }

    function redraw() {
      const weight = 2 ** Number(beta.value), t = Number(noise.value), ideal = decoder.value === "ideal";
      const part = parts(V, t, Number(info.value), 2 ** Number(spread.value), ideal);
      svg.replaceChildren();
      axes();
      shape(svg, "path", { d: curve(true, t), fill: "none", class: `rd-live-1 ${ideal ? "" : "rd-live-faded"}`, "stroke-width": 3 });
      shape(svg, "path", { d: curve(false, t), fill: "none", class: `rd-live-3 ${ideal ? "rd-live-faded" : ""}`, "stroke-width": 3, "stroke-dasharray": "9 4" });
      const [x, y] = [part.rate, -part.fit];
      const at = (r) => `${across(r)} ${down(y - weight * (r - x))}`;
      const ends = [Math.max(0, x - (HIGH - y) / weight), Math.min(RIGHT, x + (y - LOW) / weight)];
      shape(svg, "path", { d: `M${at(ends[0])}L${at(ends[1])}`, class: "rd-live-ink", "stroke-width": 1.5, "stroke-dasharray": "2 5" });
      shape(svg, "circle", { cx: across(x), cy: down(y), r: 9, class: "rd-live-2 rd-live-full" });
      stack(part, weight);
      words.textContent = report(part, weight, ideal);
    }

    box.addEventListener("input", (event) => {
      if (event.target === info || event.target === spread) tick.checked = false;
      if (tick.checked) train();
      redraw();
    });
    redraw();
  }

  window.rederived.figure("fig-mi-live", { encoder, parts, loss, optimalInformation, report }, build);
})();
