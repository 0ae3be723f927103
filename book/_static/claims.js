// Filters for the page of claims.  Without scripts the page shows all of them.
(() => {
  "use strict";
  const form = document.getElementById("claims-filter");
  const claims = [...document.querySelectorAll("details.rd-claim")];
  if (!form || !claims.length) return;

  const value = (claim, prefix) =>
    [...claim.classList].find((name) => name.startsWith(prefix))?.slice(prefix.length) ?? "";

  const words = {
    holds: "holds", corrected: "holds with correction",
    false: "does not hold", unreproduced: "not reproduced",
  };

  function choice(label, prefix, spell) {
    const select = document.createElement("select");
    select.append(new Option("all", ""));
    const found = [...new Set(claims.map((claim) => value(claim, prefix)))];
    for (const one of found) select.append(new Option(spell(one), one));
    const frame = document.createElement("label");
    frame.append(`${label} `, select);
    form.append(frame);
    return (claim) => !select.value || value(claim, prefix) === select.value;
  }

  const tests = [
    choice("chapter", "rd-chapter-", (one) => one),
    choice("verdict", "rd-is-", (one) => words[one] ?? one),
    choice("kind", "rd-kind-", (one) => one),
  ];
  const search = document.createElement("input");
  search.type = "search";
  const frame = document.createElement("label");
  frame.append("word ", search);
  form.append(frame);
  const count = document.createElement("output");
  form.append(count);
  tests.push((claim) =>
    claim.textContent.toLowerCase().includes(search.value.trim().toLowerCase()));

  function filter() {
    let shown = 0;
    for (const claim of claims) {
      claim.hidden = !tests.every((test) => test(claim));
      if (!claim.hidden) shown += 1;
    }
    for (const section of document.querySelectorAll("section:has(> details.rd-claim)"))
      section.hidden = !section.querySelector("details.rd-claim:not([hidden])");
    count.textContent = `${shown} of ${claims.length} claims`;
  }

  function open() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const near = target?.closest("details") ?? target?.querySelector("details") ??
      target?.nextElementSibling;
    if (near?.tagName === "DETAILS") near.open = true;
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  window.addEventListener("hashchange", open);
  form.hidden = false;
  filter();
  open();
})();
