/* The page of the search: ranks the entries of search-index.js, which tools/lean/search.py
   writes, and cuts the question as it cuts the texts. */
(function () {
  "use strict";

  const IDLE = new Set(("a an and are as at be but by for from has have if in into is it " +
    "its not of on or so that the their then there these this to was we were which with"
  ).split(" "));
  const SHOWN = 3;

  function singular(word) {
    return /s$/.test(word) && !/(ss|us|is)$/.test(word) && word.length > 3
      ? word.slice(0, -1) : word;
  }

  function cut(text) {
    const found = [];
    const pattern = /\d+(?:\.\d+)+|(?:(?![一-鿿])[\p{L}\p{N}])+|[一-鿿]+/gu;
    for (const word of text.toLowerCase().match(pattern) || []) {
      if (/^[一-鿿]/.test(word)) {
        if (word.length === 1) found.push(word);
        for (let i = 0; i + 1 < word.length; i += 1) found.push(word.slice(i, i + 2));
      } else if (!IDLE.has(word) && (word.length > 1 || /\d/.test(word))) {
        found.push(singular(word));
      }
    }
    return found;
  }

  /* The words of the index that a word of the question means: itself, or, where there is
     none, those that begin with it. */
  function meant(word, known) {
    if (Object.hasOwn(known, word)) return [word];
    if (word.length === 1 && !/^[一-鿿]/.test(word)) return [];
    return Object.keys(known).filter((one) => one.startsWith(word));
  }

  /* Okapi BM25 with its usual constants, k = 1.2 and b = 0.75, over entries. */
  function score(asked, index) {
    const count = index.entries.length;
    const mean = index.entries.reduce((sum, entry) => sum + entry[4], 0) / count;
    const points = new Map();
    for (const word of asked) {
      const places = new Map();
      for (const one of meant(word, index.words)) {
        const row = index.words[one];
        for (let i = 0; i < row.length; i += 2) {
          places.set(row[i], (places.get(row[i]) || 0) + row[i + 1]);
        }
      }
      const rarity = Math.log(1 + (count - places.size + 0.5) / (places.size + 0.5));
      for (const [number, times] of places) {
        const long = 0.25 + (0.75 * index.entries[number][4]) / mean;
        const value = (rarity * times * 2.2) / (times + 1.2 * long);
        const sofar = points.get(number) || { value: 0, words: 0 };
        points.set(number, { value: sofar.value + value, words: sofar.words + 1 });
      }
    }
    return points;
  }

  /* Pages, best first: those that have every word of the question in one entry before
     the others, by the sum of their entries' points, the later ones counting less. */
  function rank(question, index) {
    const asked = [...new Set(cut(question))];
    const pages = new Map();
    for (const [number, { value, words }] of score(asked, index)) {
      const [page] = index.entries[number];
      const whole = words === asked.length;
      const found = pages.get(page) || { page, entries: [], whole: false };
      found.entries.push({ number, value: whole ? value : value / 4, whole });
      found.whole = found.whole || whole;
      pages.set(page, found);
    }
    for (const found of pages.values()) {
      found.entries.sort((one, other) => other.value - one.value);
      const sum = found.entries.reduce((all, one, i) => all + one.value / (1 + i), 0);
      found.value = sum * index.pages[found.page][2];
    }
    return [...pages.values()].sort(
      (one, other) => other.whole - one.whole || other.value - one.value);
  }

  function element(name, text, parent) {
    const made = document.createElement(name);
    made.textContent = text;
    parent.append(made);
    return made;
  }

  function show(question, index, place) {
    const found = rank(question, index);
    const words = found.length === 1 ? "1 page" : `${found.length} pages`;
    element("p", found.length ? `${words} for “${question}”.`
      : `Nothing for “${question}”.`, place).setAttribute("role", "status");
    const list = element("ol", "", place);
    list.className = "rd-found";
    for (const { page, entries } of found) {
      const [name, title] = index.pages[page];
      const item = element("li", "", list);
      const link = element("a", title, element("p", "", item));
      link.href = `${name}.html`;
      const parts = element("ul", "", item);
      for (const { number } of entries.slice(0, SHOWN)) {
        const [, anchor, heading, text] = index.entries[number];
        const part = element("li", "", parts);
        if (anchor) {
          element("a", heading, part).href = `${name}.html#${anchor}`;
          part.append(" ");
        }
        element("span", text, part);
      }
    }
  }

  window.rederivedSearch = { cut, rank };

  document.addEventListener("DOMContentLoaded", () => {
    const question = new URLSearchParams(location.search).get("q") || "";
    const place = document.getElementById("search-results");
    if (!place) return;
    for (const input of document.querySelectorAll("input[name='q']")) {
      input.value = question;
    }
    if (question.trim()) show(question, window.rederivedIndex, place);
  });
})();
