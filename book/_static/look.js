/* Figures at their full size: a click or Enter on one opens it over the page; Escape,
   a click or the button closes it.  Without this script the link opens the picture.
   Formulas wider than their place: they scroll, with the keyboard too. */
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

  function markWide() {
    for (const formula of document.querySelectorAll(".bd-content .math")) {
      const drawn = formula.querySelector("mjx-container");
      if (!drawn) continue;
      formula.classList.remove("rd-wide");
      const wide = formula.matches("div")
        ? formula.scrollWidth > formula.clientWidth + 1
        : drawn.getBoundingClientRect().width > formula.parentElement.getBoundingClientRect().width + 1;
      formula.classList.toggle("rd-wide", wide);
      if (wide) {
        formula.tabIndex = 0;
        formula.setAttribute("role", "group");
        formula.setAttribute("aria-label", "Formula, scrolls");
      } else if (formula.hasAttribute("tabindex")) {
        for (const name of ["tabindex", "role", "aria-label"]) {
          formula.removeAttribute(name);
        }
      }
    }
  }

  window.addEventListener("load", () => {
    const ready = window.MathJax && window.MathJax.startup;
    if (!ready) return;
    ready.promise.then(markWide);
    let width = innerWidth;
    window.addEventListener("resize", () => {
      if (innerWidth !== width) markWide();
      width = innerWidth;
    });
  });

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
