// A table of inputs ([data-sheet]) takes a paste from a spreadsheet; data-sheet="fixed" gets no more rows, data-most at most so many. Without scripts its rows are typed in, or a file is imported.
"use strict";

/** Split what a spreadsheet puts on the clipboard: rows by line, cells by tab, quoted cells may hold either. */
function cellsOf(text) {
  const rows = [[""]];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const row = rows.at(-1);
    const sign = text[at];
    if (quoted && sign === '"' && text[at + 1] === '"') {
      row[row.length - 1] += '"';
      at += 1;
    } else if (sign === '"' && (quoted || row.at(-1) === "")) quoted = !quoted;
    else if (!quoted && sign === "\t") row.push("");
    else if (!quoted && sign === "\n") rows.push([""]);
    else if (sign !== "\r") row[row.length - 1] += sign;
  }
  return rows.filter((row, index) => index < rows.length - 1 || row.some(Boolean));
}

const INPUTS = 'input:not([type="hidden"], [type="checkbox"]), select';

/** Add a row like the last one: its numbers go up by one, its fields are empty. */
function addRow(rows) {
  const row = rows.at(-1).cloneNode(true);
  const count = rows.length;
  for (const element of row.querySelectorAll("*")) {
    for (const name of ["name", "id", "for", "aria-label", "aria-describedby"]) {
      const value = element.getAttribute(name);
      if (value) element.setAttribute(name, value.replace(/-\d+-/, `-${count}-`).replace(/\d+$/, count + 1));
    }
    if (element.matches("input:not([type=hidden]), textarea")) element.value = "";
    element.removeAttribute("aria-invalid");
  }
  row.querySelector(".called")?.remove();
  const number = row.querySelector(".line-number");
  if (number) number.textContent = count + 1;
  rows[0].parentElement.append(row);
  rows.push(row);
  return row;
}

/** Put a text into a field; a list is matched by what it shows as well as by its value. False where it has no such entry. */
function put(field, text) {
  const wanted = text.trim();
  let isKnown = true;
  if (field.tagName === "SELECT") {
    const option = [...field.options].find((one) => [one.value, one.text].some((said) => said.trim().toLowerCase() === wanted.toLowerCase()));
    field.value = option?.value ?? "";
    isKnown = Boolean(option) || wanted === "";
  } else field.value = wanted;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  if (!isKnown) field.setAttribute("aria-invalid", "true");
  return isKnown;
}

/** Tell which fields a row of headings names, by a sheet's own headings; null where it is no such row. */
function headings(sheet, cells) {
  const known = [...sheet.querySelectorAll("thead [data-column]")];
  const same = (one, cell) => [one.dataset.column, one.textContent].some((said) => said.trim().toLowerCase() === cell.trim().toLowerCase());
  const found = cells.map((cell) => known.findIndex((one) => same(one, cell)));
  return found.every((at) => at >= 0) ? found : null;
}

// What is called by the key that stood in a field is no longer true once another is typed.
document.addEventListener("input", (event) => {
  event.target.closest?.("[data-sheet] td")?.querySelector(".called")?.remove();
  if (event.target.matches?.("[data-sheet] select")) event.target.removeAttribute("aria-invalid");
});

document.addEventListener("paste", (event) => {
  const first = event.target.closest?.("[data-sheet] input, [data-sheet] select");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!first || !/[\t\n]/.test(text.trimEnd())) return;
  event.preventDefault();
  const sheet = first.closest("[data-sheet]");
  const rows = [...first.closest("tbody").rows].filter((row) => row.querySelector(INPUTS));
  let at = rows.indexOf(first.closest("tr"));
  const column = [...rows[at].querySelectorAll(INPUTS)].indexOf(first);
  let pasted = cellsOf(text);
  const order = headings(sheet, pasted[0]);
  if (order) pasted = pasted.slice(1);
  const most = sheet.dataset.sheet === "fixed" ? rows.length : Number(sheet.dataset.most ?? Infinity);
  let over = false;
  let full = false;
  const unknown = [];
  for (const cells of pasted) {
    if (at === rows.length && rows.length >= most) {
      full ||= cells.some((cell) => cell.trim());
      continue;
    }
    const fields = [...(rows[at] ?? addRow(rows)).querySelectorAll(INPUTS)];
    cells.forEach((cell, index) => {
      const field = fields[order ? order[index] : column + index];
      if (!field) over ||= cell.trim() !== "";
      else if (!put(field, cell)) unknown.push(cell.trim());
    });
    at += 1;
  }
  for (const [name, shown] of [["over", over], ["full", full], ["unknown", unknown.length]]) {
    sheet.parentElement.querySelector(`[data-sheet-${name}]`).hidden = !shown;
  }
  sheet.parentElement.querySelector("[data-sheet-unknown] [data-texts]").textContent = [...new Set(unknown)].join(" · ");
});
