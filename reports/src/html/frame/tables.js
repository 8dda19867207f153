// Every <table class="sortable"> is sorted by a press on a heading, which becomes a button. A cell's `data-value` is what it is sorted by,
// else its text; numbers sort from the largest first. Rows of <tfoot> stay where they are, and headings with `data-unsorted` as they are.
"use strict";

const collator = new Intl.Collator("en", { numeric: true });

function sortKey(row, column) {
  const cell = row.cells[column];
  const value = cell.dataset.value ?? cell.textContent.trim();
  const number = Number(value);
  // What has no value stands last, whichever way the table is sorted.
  if (value === "" || value === ABSENT) return undefined;
  return Number.isNaN(number) ? value : number;
}

function compared(one, other, direction) {
  if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
  const order = typeof one === "number" && typeof other === "number" ? one - other : collator.compare(one, other);
  return direction * order;
}

function sort(table, heading, column) {
  const body = table.tBodies[0];
  const isNumber = heading.classList.contains("number");
  const before = heading.getAttribute("aria-sort");
  const ascending = before === null ? !isNumber : before === "descending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const rows = [...body.rows].map((row) => [sortKey(row, column), row]);
  rows.sort(([one], [other]) => compared(one, other, ascending ? 1 : -1));
  body.append(...rows.map(([, row]) => row));
}

for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    if ("unsorted" in heading.dataset) return;
    const button = element("button", { type: "button", className: "sort" });
    if (heading.dataset.term) {
      button.dataset.term = heading.dataset.term;
      delete heading.dataset.term;
    }
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sort(table, heading, column));
  });
}
