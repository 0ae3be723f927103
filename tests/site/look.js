/* What a reader would meet on the page that is open; evaluated by test_pages.py. */
() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const name = (element) => element.outerHTML.slice(0, 120);
  const ids = all("[id]").map((element) => element.id);
  const first = document.querySelector("article :is(figure, img.rd-hero, svg:not(.rd-icon))");
  const cut = (element) => {
    const style = getComputedStyle(element);
    return style.overflowX === "hidden" && element.scrollWidth > element.clientWidth + 1;
  };
  const beyond = (element) => {
    const drawn = element.querySelector("mjx-container");
    if (!drawn) return false;
    const from = drawn.firstElementChild.getBoundingClientRect().left;
    if (from < element.getBoundingClientRect().left - 1) return true;
    if (element.matches("div.math, .rd-wide")) return false;
    let place = element.parentElement;
    while (place && place !== document.body) {
      const scrolls = getComputedStyle(place).overflowX;
      if (scrolls === "auto" || scrolls === "scroll") return false;
      place = place.parentElement;
    }
    const right = drawn.getBoundingClientRect().right;
    return right > document.documentElement.clientWidth + 1;
  };
  return {
    formulas: all(".math").length,
    typeset: all(".math mjx-container").length,
    broken: all("mjx-merror, [data-mjx-error]").length,
    raw: all(".math").filter((one) => /\\[()[\]]/.test(one.innerText)).map(name),
    cut: all(".math").filter((one) => cut(one) || beyond(one)).map(name),
    scrolled: all("div.math").filter((one) => one.scrollWidth > one.clientWidth + 2).map(name),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    repeated: ids.filter((id, place) => ids.indexOf(id) !== place),
    stops: all("mjx-container[tabindex='0']").length,
    unsized: all("article img:not([width][height])").map(name),
    unnamed: all("article img:not([alt])").map(name),
    eager: all("article img:not([loading='lazy'])").length,
    small: all("a.rd-full > img").filter((one) => one.src.endsWith(".png")
      && !one.closest("details:not([open])")
      && one.getBoundingClientRect().width < Math.min(one.width, 515)).map(name),
    turned: all("img.rd-drawing").filter(
      (one) => /invert/.test(getComputedStyle(one).filter)).length,
    drawings: all("img.rd-drawing").length,
    spoilt: all("img.rd-pictures").filter(
      (one) => /invert/.test(getComputedStyle(one).filter)).map(name),
    first: first ? (first.getBoundingClientRect().top + scrollY) / innerHeight : null,
  };
}
