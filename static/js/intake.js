// The pages that ask one question at a time, beside what htmx does there.
"use strict";

// On a telephone the steps lie in a row that scrolls: the one that is asked stands in sight.
const step = document.querySelector(".steps [aria-current]");
if (step) {
  // Sideways only: the page itself stays at its question.
  const rail = step.parentElement, from = rail.getBoundingClientRect(), at = step.getBoundingClientRect();
  rail.scrollLeft += at.left - from.left - (from.width - at.width) / 2;
}

// "Saved 4 seconds ago" keeps time on its own between two saves.
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });

setInterval(() => {
  const line = document.getElementById("intake-saved");
  if (!line?.dataset.savedAt) return;
  const seconds = Math.max(1, Math.round((Date.now() - Date.parse(line.dataset.savedAt)) / 1000));
  const [unit, size] = UNITS.find(([, length]) => seconds >= length);
  line.textContent = line.dataset.words.replace("…", relative.format(-Math.floor(seconds / size), unit));
}, 4000);

// A save that waited for another goes by what that one left on the page, so that what was taken out again meanwhile is out.
document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement, request } = event.detail.ctx;
  if (sourceElement.id === "intake") request.body.set("stood", document.getElementById("intake-stood").value);
});

// A save that failed is not called saved.
document.addEventListener("htmx:finally:request", (event) => {
  const { sourceElement, status } = event.detail.ctx;
  if (sourceElement.id !== "intake" || status === "swapped") return;
  const line = document.getElementById("intake-saved");
  line.removeAttribute("data-saved-at");
  line.textContent = line.dataset.failed;
});
