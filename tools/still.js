/* Leaves the live figure of the page as one SVG without classes, for live_stills.py. */
const properties = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity",
  "fill-opacity", "stroke-linecap", "font-size", "font-weight", "text-anchor"];
const usual = { fill: "rgb(0, 0, 0)", stroke: "none", "stroke-width": "1px", opacity: "1",
  "fill-opacity": "1", "stroke-dasharray": "none", "stroke-linecap": "butt",
  "font-size": "16px", "font-weight": "400", "text-anchor": "start" };
function plain(node) {
  const style = getComputedStyle(node), copy = node.cloneNode(false);
  [...copy.attributes].forEach(({ name }) => {
    if (/^(class|role|tabindex|aria-.*|style)$/.test(name)) copy.removeAttribute(name);
  });
  properties.forEach((name) => {
    const value = style.getPropertyValue(name);
    if (value !== usual[name]) copy.setAttribute(name, value);
    else copy.removeAttribute(name);
  });
  node.childNodes.forEach((child) => copy.appendChild(
    child.nodeType === 1 ? plain(child) : child.cloneNode()));
  return copy;
}
window.addEventListener("load", () => requestAnimationFrame(() => setTimeout(() => {
  const space = "http://www.w3.org/2000/svg";
  const whole = document.createElementNS(space, "svg");
  const ground = document.createElementNS(space, "rect");
  whole.appendChild(ground);
  let width = 0, height = 0;
  const all = [...document.querySelectorAll(".rd-live > svg, .rd-live-pair > svg")];
  all.forEach((svg) => {
    const [, , w, h] = svg.getAttribute("viewBox").split(" ").map(Number);
    const copy = plain(svg);
    Object.entries({ x: width, y: 0, width: w, height: h })
      .forEach(([name, value]) => copy.setAttribute(name, value));
    whole.appendChild(copy);
    width += w;
    height = Math.max(height, h);
  });
  Object.entries({ xmlns: space, viewBox: `0 0 ${width} ${height}`, width, height,
    "font-family": "sans-serif" }).forEach(([k, v]) => whole.setAttribute(k, v));
  Object.entries({ width, height, fill: "#f3f4f5" })
    .forEach(([k, v]) => ground.setAttribute(k, v));
  document.body.textContent = new XMLSerializer().serializeToString(whole);
}, 500)));
