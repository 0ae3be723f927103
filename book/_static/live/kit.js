/* What the live figures share: elements, controls, a guess, and the way onto the page.
 *
 * A figure calls rederived.figure(id, maths, build).  On the page with that figure,
 * build(box, kit) draws into a box that stands in the picture's place on a screen. */
window.rederived = window.rederived || {};
(function () {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  let made = 0;

  const give = (node, attributes) => Object.entries(attributes || {}).forEach(([name, value]) => node.setAttribute(name, value));

  function add(parent, node, attributes, text) {
    give(node, attributes);
    if (text !== undefined) node.textContent = text;
    parent.appendChild(node);
    return node;
  }

  function element(parent, name, attributes, text) {
    return add(parent, document.createElement(name), attributes, text);
  }

  function shape(parent, name, attributes, text) {
    return add(parent, document.createElementNS(SVG, name), attributes, text);
  }

  function svg(parent, width, height, label) {
    return shape(parent, "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  }

  function row(parent, label) {
    const id = `rd-live-${(made += 1)}`, line = element(parent, "div", { class: "rd-live-row" });
    element(line, "label", { for: id }, label);
    return [line, id];
  }

  function slider(parent, label, min, max, step, value, show) {
    const [line, id] = row(parent, label);
    const input = element(line, "input", { id, type: "range", min, max, step, value });
    const output = element(line, "output", { for: id });
    input.tell = () => {
      output.textContent = show(Number(input.value));
      input.setAttribute("aria-valuetext", output.textContent);
    };
    input.addEventListener("input", input.tell);
    input.tell();
    return input;
  }

  function set(input, value) {
    input.value = value;
    input.tell();
  }

  function choice(parent, label, options, value) {
    const [line, id] = row(parent, label), select = element(line, "select", { id });
    options.forEach(([name, text]) => element(select, "option", { value: name }, text));
    select.value = value;
    return select;
  }

  function check(parent, label, on) {
    const line = element(parent, "label", { class: "rd-live-check" });
    const input = element(line, "input", { type: "checkbox" });
    input.checked = on;
    element(line, "span", {}, label);
    return input;
  }

  function button(parent, text, action) {
    const node = element(parent, "button", { type: "button" }, text);
    node.addEventListener("click", action);
    return node;
  }

  /* A point to drag, or to move by the arrow keys: move(x, y), in units of the drawing. */
  function handle(drawing, label, colour, move) {
    const { width, height } = drawing.viewBox.baseVal;
    const node = shape(drawing, "circle", { r: 10, class: `${colour} rd-live-handle`, role: "slider", tabindex: 0, "aria-label": label, "aria-valuemin": 0, "aria-valuemax": Math.max(width, height) });
    let at, held = false;
    node.put = (x, y, text) => {
      at = [x, y];
      give(node, { cx: x, cy: y, "aria-valuenow": Math.round(x), "aria-valuetext": text });
    };
    node.addEventListener("keydown", (event) => {
      const by = { Left: [-6, 0], Right: [6, 0], Up: [0, -6], Down: [0, 6] }[event.key.replace("Arrow", "")];
      if (!by) return;
      event.preventDefault();
      move(at[0] + by[0], at[1] + by[1]);
    });
    // touch-action does not hold for SVG shapes
    node.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    node.addEventListener("pointerdown", (event) => {
      node.setPointerCapture(event.pointerId);
      held = true;
    });
    node.addEventListener("pointermove", (event) => {
      if (!held) return;
      const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
      move(Math.max(0, Math.min(width, x)), Math.max(0, Math.min(height, y)));
    });
    ["pointerup", "pointercancel"].forEach((name) => node.addEventListener(name, () => { held = false; }));
    return node;
  }

  /* Entries: a function that draws into an SVG of 32 x 20, and the words beside it. */
  function legend(parent, entries) {
    const list = element(parent, "ul", { class: "rd-live-legend" });
    entries.forEach(([mark, text]) => {
      const item = element(list, "li");
      mark(shape(item, "svg", { viewBox: "0 0 32 20", "aria-hidden": "true" }));
      element(item, "span", {}, text);
    });
  }

  /* A question, a slider, and after the guess what the records say. */
  function guess(parent, question, { min, max, step, unit, digits }, recorded) {
    const box = element(parent, "div", { class: "rd-live-guess" });
    const show = (v) => `${v.toFixed(digits).replace("-", "−")}${unit}`;
    element(box, "p", {}, question.replace("{given}", show(recorded.given)));
    const input = slider(box, "your guess", min, max, step, recorded.given, show);
    button(box, "show what was recorded", () => {
      input.disabled = true;
      box.lastChild.remove();
      const across = (v) => 20 + 480 * (v - min) / (max - min), mine = Number(input.value);
      const drawn = svg(box, 520, 92, "Your guess beside the recorded seeds and their interval");
      const mark = (x, y, text) => shape(drawn, "text", { x: Math.max(60, Math.min(460, x)), y, "text-anchor": "middle", class: "rd-live-text" }, text);
      shape(drawn, "path", { d: "M20 48H500", class: "rd-live-rule" });
      shape(drawn, "path", { d: `M${across(Math.max(min, recorded.low))} 48H${across(Math.min(max, recorded.high))}`, class: "rd-live-1", "stroke-width": 10, opacity: 0.4 });
      recorded.seeds.forEach((v) => shape(drawn, "circle", { cx: across(v), cy: 48, r: 6, class: "rd-live-1 rd-live-full" }));
      shape(drawn, "path", { d: `M${across(mine)} 36l10 12l-10 12l-10 -12z`, class: "rd-live-2 rd-live-full" });
      mark(across(mine), 24, `you ${show(mine)}`);
      mark(across(recorded.mean), 82, `recorded ${show(recorded.mean)}`);
      const inside = recorded.low <= mine && mine <= recorded.high;
      const said = element(box, "p", { role: "status", tabindex: -1 }, `Recorded: ${show(recorded.mean)}, mean of ${recorded.seeds.length} seeds, 95 % interval ${show(recorded.low)} to ${show(recorded.high)}. Your guess is ${inside ? "inside" : "outside"}.`);
      said.focus({ preventScroll: true });
    });
  }

  const kit = { element, shape, svg, slider, set, choice, check, button, handle, legend, guess };

  window.rederived.figure = function (id, maths, build) {
    const start = () => {
      const figure = document.getElementById(id), picture = figure && figure.querySelector("img");
      if (!picture) return;
      const box = document.createElement("div"), still = picture.closest("a") || picture;
      box.className = "rd-live";
      still.classList.add("rd-live-still");
      still.parentNode.insertBefore(box, still);
      build(box, kit);
    };
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
    else start();
  };
})();
