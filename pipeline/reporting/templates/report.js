"use strict";
// Sorting: a click on a heading sorts by it, a second one turns the order around; what has no value stays last.
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const heading = button.closest("th"), body = heading.closest("table").tBodies[0];
    const down = heading.getAttribute("aria-sort") !== "descending";
    const value = (row) => row.cells[heading.cellIndex].dataset.value;
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const order = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return down ? -order : order;
    });
    for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows);
  });
}
// Two chosen networks: show the block of the pair.
const [first, second] = ["first", "second"].map((name) => document.getElementById(name));
if (first) {
  const show = () => {
    for (const block of document.querySelectorAll(".pair")) {
      const names = [block.dataset.first, block.dataset.second];
      block.hidden = !(first.value !== second.value && names.includes(first.value) && names.includes(second.value));
    }
  };
  first.addEventListener("change", show);
  second.addEventListener("change", show);
  show();
}
// Print what is folded away.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const one of folded) one.open = true;
});
addEventListener("afterprint", () => folded.forEach((one) => { one.open = false; }));
