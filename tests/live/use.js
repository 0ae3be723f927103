/* Uses the live figure of the page as a reader does; leaves what it saw in #result. */
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
let box;
const seen = () => [...box.querySelectorAll(".rd-live > svg, .rd-live-pair svg, p")]
  .map((node) => node.outerHTML).join("");
const send = (node, name, more) => node.dispatchEvent(
  new window[more ? more.type : "Event"](name, { bubbles: true, ...more }));
async function use() {
  await wait(500);
  box = document.querySelector(".rd-live");
  const found = { first: seen(), controls: [] };
  found.still = getComputedStyle(document.getElementById("still")).display;
  found.unnamed = [...box.querySelectorAll("input, select, button, [tabindex='0']")]
    .filter((node) => !(node.labels && node.labels.length) && !node.textContent.trim()
      && !node.getAttribute("aria-label")).length;
  found.small = [...box.querySelectorAll("input, select, button")]
    .filter((node) => node.getBoundingClientRect().height < 24).length;
  for (const input of box.querySelectorAll(".rd-live-controls input[type=range]")) {
    const changes = [];
    for (const end of [input.max, input.min]) {
      const before = seen();
      input.value = end;
      send(input, "input");
      await wait(500);
      changes.push(seen() !== before);
    }
    found.controls.push([input.labels[0].textContent, changes.some(Boolean),
      input.getAttribute("aria-valuetext"), /NaN|undefined|Infinity/.test(seen())]);
  }
  for (const select of box.querySelectorAll("select")) {
    const before = seen();
    select.selectedIndex = 1;
    send(select, "input");
    found.controls.push([select.labels[0].textContent, seen() !== before, "", false]);
  }
  for (const button of box.querySelectorAll(".rd-live-buttons button")) {
    button.click();
    await wait(200);
  }
  found.cells = [];
  const cell = box.querySelectorAll(".rd-live-cell")[1];
  if (cell) {
    const value = () => Number(cell.getAttribute("aria-valuenow"));
    found.cells.push(value());
    send(cell, "keydown", { type: "KeyboardEvent", key: "End" });
    found.cells.push(value());
    send(cell, "keydown", { type: "KeyboardEvent", key: "ArrowLeft" });
    found.cells.push(value());
    cell.setPointerCapture = () => {};
    const pointer = { type: "PointerEvent", pointerId: 1, pointerType: "touch" };
    send(cell, "pointerdown", { ...pointer, clientX: 200 });
    found.kept = [[100, 0], [200, 100]].map(([clientX, clientY]) => {
      const finger = new Touch({ identifier: 1, target: cell, clientX, clientY });
      const move = new TouchEvent("touchmove", { bubbles: true, cancelable: true, touches: [finger] });
      cell.dispatchEvent(move);
      return move.defaultPrevented;
    });
    send(cell, "pointermove", { ...pointer, clientX: 100 });
    send(cell, "pointerup", { ...pointer, clientX: 100 });
    send(cell, "pointermove", { ...pointer, clientX: 0 });
    found.cells.push(value());
  }
  found.handles = [];
  for (const handle of box.querySelectorAll(".rd-live-handle")) {
    const at = () => handle.getAttribute("aria-valuetext");
    const there = [at()];
    send(handle, "keydown", { type: "KeyboardEvent", key: "ArrowLeft" });
    there.push(at());
    send(handle, "keydown", { type: "KeyboardEvent", key: "ArrowDown" });
    there.push(at());
    handle.setPointerCapture = () => {};
    const { x, y, width, height } = handle.ownerSVGElement.getBoundingClientRect();
    const to = (right, down) => ({ type: "PointerEvent", pointerId: 1, pointerType: "touch",
      clientX: x + right * width, clientY: y + down * height });
    send(handle, "pointerdown", to(0.5, 0.5));
    send(handle, "pointermove", to(0.45, 0.55));
    there.push(at());
    send(handle, "pointerup", to(0.45, 0.55));
    send(handle, "pointermove", to(0.2, 0.2));
    there.push(at());
    const touch = new Event("touchstart", { bubbles: true, cancelable: true });
    handle.dispatchEvent(touch);
    found.handles.push([handle.getAttribute("aria-label"), touch.defaultPrevented, there,
      /NaN|undefined|Infinity/.test(seen())]);
  }
  const guess = box.querySelector(".rd-live-guess");
  if (guess) {
    found.asked = guess.textContent;
    const mine = guess.querySelector("input");
    mine.value = mine.max;
    send(mine, "input");
    guess.querySelector("button").click();
    found.said = guess.querySelector("[role=status]").textContent;
    found.focused = document.activeElement.getAttribute("role");
  }
  found.errors = errors;
  document.getElementById("result").textContent = JSON.stringify(found);
}
use().catch((error) => {
  document.getElementById("result").textContent = JSON.stringify({ error: String(error) });
});
