// The claim graph: at a claim, what it rests on and what rests on it stands out.
(() => {
  "use strict";
  const graph = document.getElementById("claim-graph");
  const nodes = new Map();
  for (const node of graph.querySelectorAll(".rd-node")) nodes.set(node.dataset.id, node);
  const uses = new Map();
  const users = new Map([...nodes.keys()].map((id) => [id, []]));
  for (const [id, node] of nodes) {
    uses.set(id, node.dataset.uses.split(" ").filter(Boolean));
    for (const used of uses.get(id)) users.get(used).push(id);
  }
  const says = graph.querySelector(".rd-graph-says");
  const rest = says.textContent;

  // Everything that can be reached from a claim, in the order of the ledger.
  const reached = (start, next) => {
    const found = new Set();
    const waiting = [...next.get(start)];
    while (waiting.length) {
      const id = waiting.pop();
      if (!found.has(id)) {
        found.add(id);
        waiting.push(...next.get(id));
      }
    }
    return [...nodes.keys()].filter((id) => found.has(id));
  };

  const show = (id) => {
    const below = reached(id, uses);
    const above = reached(id, users);
    const lit = new Set([id, ...below, ...above]);
    const inside = [new Set([id, ...below]), new Set([id, ...above])];
    graph.classList.add("rd-lit");
    for (const [one, node] of nodes) node.classList.toggle("rd-on", lit.has(one));
    for (const edge of graph.querySelectorAll(".rd-edges path")) {
      const { from, to } = edge.dataset;
      edge.classList.toggle("rd-on", inside.some((set) => set.has(from) && set.has(to)));
    }
    const list = (ids) => (ids.length ? ids.join(", ") : "nothing");
    says.textContent =
      `${nodes.get(id).getAttribute("aria-label")}. ` +
      `Rests on: ${list(below)}. On it rests: ${list(above)}.`;
  };

  const hide = () => {
    graph.classList.remove("rd-lit");
    says.textContent = rest;
  };

  for (const [id, node] of nodes) {
    node.addEventListener("pointerenter", () => show(id));
    node.addEventListener("focus", () => show(id));
    node.addEventListener("pointerleave", hide);
    node.addEventListener("blur", hide);
  }
})();
