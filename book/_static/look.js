/* Figures at their full size: a click or Enter on one opens it over the page; Escape,
   a click or the button closes it.  Without this script the link opens the picture. */
(function () {
  "use strict";

  function element(name, attributes, parent) {
    const made = document.createElement(name);
    Object.assign(made, attributes);
    parent.append(made);
    return made;
  }

  function makeDialog() {
    const dialog = element("dialog", { className: "rd-over" }, document.body);
    dialog.setAttribute("aria-label", "Figure at its full size");
    const button = element(
      "button", { type: "button", textContent: "Close" }, dialog);
    const place = element("div", { className: "rd-over-place", tabIndex: 0 }, dialog);
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", "Picture, scrolls");
    const picture = element("img", {}, place);
    button.addEventListener("click", () => dialog.close());
    picture.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    return { dialog, picture };
  }

  document.addEventListener("DOMContentLoaded", () => {
    let made = null;
    for (const link of document.querySelectorAll("a.rd-full")) {
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        made = made || makeDialog();
        const shown = link.querySelector("img");
        made.picture.src = link.href;
        made.picture.alt = shown.alt;
        made.picture.className = shown.className;
        made.dialog.showModal();
      });
    }
  });
})();
