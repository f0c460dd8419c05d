// Reads a chart's points under pointer and arrow keys, and gives its table as a file. Picture and table are there
// without it.
"use strict";

/** The picture that is shown, and where its plot lies on the page, in pixels from the corner of `holder`. */
function plotOf(holder) {
  const picture = [...holder.querySelectorAll("svg")].find((svg) => svg.getClientRects().length);
  if (!picture) return null;
  const [left, top, width, height] = picture.dataset.plot.split(" ").map(Number);
  const scale = picture.clientWidth / picture.viewBox.baseVal.width || picture.getBoundingClientRect().width / picture.viewBox.baseVal.width;
  const offset = picture.getBoundingClientRect();
  const origin = holder.getBoundingClientRect();
  return {
    left: left * scale + offset.left - origin.left,
    top: top * scale + offset.top - origin.top,
    width: width * scale,
    height: height * scale,
  };
}

function place(point, plot) {
  return { x: plot.left + point[0] * plot.width, y: plot.top + point[1] * plot.height };
}

class ChartReader {
  constructor(holder) {
    this.holder = holder;
    this.points = JSON.parse(holder.dataset.points);
    this.at = -1;
    this.tip = document.createElement("div");
    this.dot = document.createElement("div");
    this.tip.className = "chart-tip";
    this.dot.className = "chart-dot";
    this.hide();
    holder.append(this.dot, this.tip);
    this.keepTitleFromPopping();
    holder.tabIndex = 0;
    holder.setAttribute("role", "group");
    holder.setAttribute("aria-label", window.worthwhile.words("chart"));
    holder.addEventListener("pointermove", (event) => this.near(event));
    holder.addEventListener("pointerdown", (event) => this.near(event));
    holder.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && this.hide());
    holder.addEventListener("blur", () => this.hide());
    holder.addEventListener("keydown", (event) => this.key(event));
  }

  /** A <title> in an SVG pops up as the browser's own tooltip; its words move to aria-label. */
  keepTitleFromPopping() {
    for (const picture of this.holder.querySelectorAll("svg")) {
      const title = picture.querySelector("title");
      if (!title) continue;
      picture.setAttribute("aria-label", title.textContent);
      title.remove();
    }
  }

  near(event) {
    const plot = plotOf(this.holder);
    if (!plot) return;
    const origin = this.holder.getBoundingClientRect();
    const x = event.clientX - origin.left;
    const y = event.clientY - origin.top;
    let best = -1;
    let least = Infinity;
    this.points.forEach((point, index) => {
      const spot = place(point, plot);
      const distance = (spot.x - x) ** 2 + (spot.y - y) ** 2;
      if (distance < least) [best, least] = [index, distance];
    });
    if (best >= 0) this.show(best, plot);
  }

  key(event) {
    const along = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const across = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === "Escape") return this.hide();
    if (event.altKey || event.ctrlKey || event.metaKey) return undefined;   // the browser's own
    if (!along && !across && event.key !== "Home" && event.key !== "End") return undefined;
    event.preventDefault();
    const next = across ? this.otherSeries(across) : this.sameSeries(along, event.key);
    this.show(next, plotOf(this.holder));
    window.worthwhile.announce(this.points[next][2]);
    return undefined;
  }

  sameSeries(step, key) {
    const series = this.at < 0 ? this.points[0][3] : this.points[this.at][3];
    const line = this.points.map((_, index) => index).filter((index) => this.points[index][3] === series);
    if (key === "Home" || this.at < 0) return line[0];
    if (key === "End") return line.at(-1);
    return line[Math.min(Math.max(line.indexOf(this.at) + step, 0), line.length - 1)];
  }

  otherSeries(step) {
    if (this.at < 0) return 0;
    const [x, , , series] = this.points[this.at];
    const wanted = this.points.map((point, index) => [index, point]).filter(([, point]) => point[3] === series + step);
    if (!wanted.length) return this.at;
    return wanted.reduce((best, next) => (Math.abs(next[1][0] - x) < Math.abs(best[1][0] - x) ? next : best))[0];
  }

  show(index, plot) {
    this.at = index;
    const spot = place(this.points[index], plot);
    this.tip.textContent = this.points[index][2];
    this.tip.hidden = this.dot.hidden = false;
    this.dot.style.left = `${spot.x}px`;
    this.dot.style.top = `${spot.y}px`;
    const room = this.holder.clientWidth - this.tip.offsetWidth;
    this.tip.style.left = `${Math.min(Math.max(spot.x - this.tip.offsetWidth / 2, 0), Math.max(room, 0))}px`;
    const above = spot.y - this.tip.offsetHeight - 12;
    this.tip.style.top = `${above >= -8 ? above : spot.y + 14}px`;
  }

  hide() {
    this.tip.hidden = this.dot.hidden = true;
  }
}

// Where a spreadsheet would find a formula; a negative number is none (display/spreadsheets.py).
const FORMULA = /^'*(?=[=+@＝＋－＠]|-(?![\d.,]+$))|[;\t\r\n][;\s"]*'*(?=[-=+@＝＋－＠])/g;

/** A cell of a CSV file: a number with a plain minus, nothing that a spreadsheet runs. */
function csvCell(element) {
  const text = element.textContent.trim().replaceAll("\u2060", "").replace(/^\u2212(?=[\d.,]+$)/, "-");
  const harmless = text.replace(FORMULA, (at) => (at.endsWith("'") ? at : `${at}'`));
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Hand a table of the page over as a file; by its first mark Excel knows that it is UTF-8. */
function saveTable(table, title) {
  const lines = [...table.rows].map((row) => `${[...row.cells].map(csvCell).join(",")}\r\n`);
  const link = document.createElement("a");
  link.download = `${title.replace(/[\\/:*?"<>|\s]+/g, " ").trim().slice(0, 80)}.csv`;
  link.href = URL.createObjectURL(new Blob(["\ufeff", ...lines], { type: "text/csv" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function offerFile(details) {
  const frame = details.querySelector(".table-wrap");
  const title = frame.getAttribute("aria-label");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn quiet small";
  button.textContent = "CSV";
  button.setAttribute("aria-label", `CSV: ${title}`);
  button.addEventListener("click", () => saveTable(frame.querySelector("table"), title));
  frame.after(button);
}

function enhance(root) {
  for (const holder of root.querySelectorAll(".chart-plot[data-points]:not([tabindex])")) new ChartReader(holder);
  for (const details of root.querySelectorAll(".chart-table:not(:has(button))")) offerFile(details);
}

enhance(document);
document.addEventListener("htmx:after:swap", () => enhance(document));
