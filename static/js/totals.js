// A table of amounts ([data-totals]) adds up while one types: the last cell of a row, the last row.
// A preview: what is saved is read and added up by the server, which alone counts to the last digit, reads 1e3 as well
// and refuses the sign of another currency.
"use strict";

/** Read an amount as spreadsheets show it (see costs/entry/paste.py); what is none counts as nothing meanwhile. */
function amountOf(field) {
  let text = field.value.normalize("NFKC").replace(/−/g, "-").replace(/[$€£¥円\s\u2060'’]|[A-Z]{3}/g, "").replace(/,(?=\d{3})/g, "");
  const negative = /^\(([^()]+)\)$|^([^-]+)-$|^[△▲](.+)$/.exec(text);
  if (negative) text = `-${negative.slice(1).find(Boolean)}`;
  return /^[+-]?\d*\.?\d*$/.test(text) ? Number(text) || 0 : 0;
}

document.addEventListener("input", (event) => {
  const table = event.target.closest?.("[data-totals]");
  if (!table) return;
  const shown = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 6 });
  const show = (cell, amount) => { cell.textContent = shown.format(amount).replace("-", "−"); };
  const totals = [];
  for (const row of table.tBodies[0].rows) {
    const amounts = [...row.querySelectorAll("input")].map(amountOf);
    if (!amounts.length) continue;
    amounts.forEach((amount, index) => { totals[index] = (totals[index] ?? 0) + amount; });
    show(row.cells[row.cells.length - 1], amounts.reduce((sum, amount) => sum + amount, 0));
  }
  const foot = [...table.tFoot.rows[0].cells].slice(1);
  totals.forEach((amount, index) => show(foot[index], amount));
  show(foot.at(-1), totals.reduce((sum, amount) => sum + amount, 0));
});
