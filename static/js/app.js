// What the page does on top of links and forms. Everything works without it.
"use strict";

const words = (name) =>
  document.getElementById("words")?.content.querySelector(`[data-word="${name}"]`)?.textContent.trim() ?? "";

/** Say something to screen readers. */
function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

/** Show at the lower right what did not work, and say it: until it is closed, or something works. */
function toast(text) {
  untoast();
  const note = document.createElement("div");
  note.className = "toast";
  const close = document.createElement("button");
  close.className = "link-button";
  close.textContent = words("close");
  close.addEventListener("click", untoast);
  note.append(text, " ", close);
  document.body.append(note);
  announce(text);
}

function untoast() {
  document.querySelector(".toast")?.remove();
}

// Ctrl K goes to the find box.
document.addEventListener("keydown", (event) => {
  if (event.key !== "k" || !(event.ctrlKey || event.metaKey)) return;
  const box = [...document.querySelectorAll("[data-find]")].find((input) => input.checkVisibility());
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// Menus close on Escape (focus goes back) and on a click elsewhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details.menu[open]") ?? document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// The way out of a soft warning fills the field in.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill]");
  if (!button) return;
  const field = document.getElementById(button.dataset.fill);
  if (!field) return;
  event.preventDefault();
  field.value = button.value;
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  button.closest(".note").remove();
});

// Beside the key of an initiative stands what it is called, as far as the list offers it: also once another is typed.
document.addEventListener("input", (event) => {
  const field = event.target;
  const said = field.list?.id === "initiatives" && document.getElementById(`${field.id}_help`);
  if (!said) return;
  const wanted = field.value.trim().toUpperCase();
  said.textContent = [...field.list.options].find((one) => one.value === wanted)?.textContent.trim() ?? "";
});

const opensElsewhere = ({ ctrlKey, metaKey, shiftKey }) => ctrlKey || metaKey || shiftKey;

// By a link, or another form, a browser breaks off a file on its way before it asks about leaving: it is asked here.
const AWAY = 'a[href]:not([href^="#"], [download], [target], [data-definition])';
document.addEventListener("click", (event) => {
  if (event.target.closest(AWAY) && !opensElsewhere(event)) keepFile(event);
});
document.addEventListener("submit", (event) => {
  if (!event.target.querySelector("[data-usual]")) keepFile(event);
});

function keepFile(event) {
  const button = document.querySelector("[data-usual]");
  if (!button) return;
  if (!confirm(words("sending"))) return event.preventDefault();
  unsent.delete(button.form);
  sendAnew();
}

// A form on its way is not sent again: what is pressed twice would be recorded twice. A file is on its way as long as
// it takes, and its button says so. Where the way is broken off, and on a page come back to, all may be sent anew.
let sent = new WeakMap();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  const { sending } = event.submitter?.dataset ?? {};
  if (performance.now() - (sent.get(form) ?? -Infinity) < (sending ? Infinity : 10_000)) {
    event.preventDefault();
    return;
  }
  sent.set(form, performance.now());
  if (sending) saySending(event.submitter, sending);
});

function saySending(button, text) {
  button.dataset.usual = button.textContent;
  button.textContent = text;
  button.setAttribute("aria-disabled", "true");
  announce(text);
}

function sendAnew() {
  sent = new WeakMap();
  for (const button of document.querySelectorAll("[data-usual]")) {
    button.textContent = button.dataset.usual;
    button.removeAttribute("data-usual");
    button.removeAttribute("data-gone");
    button.removeAttribute("aria-disabled");
  }
}
window.addEventListener("pageshow", () => {
  for (const form of unsent) if (sent.has(form)) unsent.delete(form);   // what was left unsent still is, on the way back
  sendAnew();
});
window.navigation?.addEventListener("navigateerror", sendAnew);   // so it is also for who is asked, and stays

// Who leaves a form with something in it that was not sent is asked first: by a stray link a whole grid would be lost. Not
// where it is kept already (hx-post: the intake); ticks and passwords are soon given again, and "Cancel" is meant so.
const GUARDED = 'form[method="post"]:not([hx-post], :has([type="password"]))';
const unsent = new Set(document.querySelectorAll(`${GUARDED}:is([data-unsent], :has([data-unsent], [aria-invalid="true"]))`));
document.addEventListener("input", ({ target }) => {
  if (target.form?.matches(GUARDED) && !target.matches('[type="checkbox"], [type="radio"]')) unsent.add(target.form);
});
document.addEventListener("click", (event) => {
  if (!opensElsewhere(event)) unsent.delete(event.target.closest(".buttons a")?.closest("form"));
});
window.addEventListener("beforeunload", (event) => {
  const file = document.querySelector("[data-usual]");
  const isBrokenOff = file?.hasAttribute("data-gone");   // by closing or a reload; else it is the file's own leaving
  file?.setAttribute("data-gone", "");
  if (!isBrokenOff && ![...unsent].some((form) => form.isConnected && !sent.has(form))) return;
  event.preventDefault();
  if (!window.navigation && !isBrokenOff) setTimeout(sendAnew, 1_000);   // an older browser does not tell who stayed
});

// Of tabs that are wider than the screen, the one that is shown is in sight.
for (const here of document.querySelectorAll(":is(.tabs, .subtabs) > [aria-current]")) {
  const tabs = here.parentElement;
  tabs.scrollLeft = here.offsetLeft - (tabs.clientWidth - here.offsetWidth) / 2;
}

// Print buttons (hidden where no script runs), and dropping a file on the drop area.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const area = event.target.closest?.(".drop");
    if (!area) return;
    event.preventDefault();
    area.classList.toggle("over", kind === "dragover");
    if (kind !== "drop" || !event.dataTransfer.files.length) return;
    const input = area.querySelector('input[type="file"]');
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// "how?" opens its page in a dialog, that of the latest click; the link stays a link for everybody else, and where nothing
// comes.
let asked = new AbortController();
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-definition]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  asked.abort();
  const mine = (asked = new AbortController());
  const patience = setTimeout(() => mine.abort(), 8_000);
  const text = await definition(link.href, mine.signal);
  clearTimeout(patience);
  if (mine !== asked) return;
  if (text === null) {
    location.assign(link.href);
    return;
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  showDefinition(page.querySelector("main") ?? page.body, link);
});

/** Return the page of a definition; null where the server refuses it, cannot be reached or takes too long. */
async function definition(address, signal) {
  try {
    const response = await fetch(address, { headers: { "HX-Request": "true" }, signal });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}

function showDefinition(content, opener) {
  const dialog = document.createElement("dialog");
  dialog.className = "definition";
  dialog.setAttribute("aria-label", opener.getAttribute("aria-label") ?? opener.textContent.trim());
  const form = document.createElement("form");
  form.method = "dialog";
  const close = document.createElement("button");
  close.className = "btn quiet small";
  close.textContent = words("close");
  form.append(close);
  dialog.append(form, ...content.childNodes);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    // Its own padding is the dialog, too: only a click beside it closes it.
    const box = dialog.getBoundingClientRect();
    const isWithin = (at, from, to) => from <= at && at <= to;
    const inside = isWithin(event.clientX, box.left, box.right) && isWithin(event.clientY, box.top, box.bottom);
    if (event.target === dialog && !inside) dialog.close();
  });
  dialog.showModal();
  window.htmx?.process(dialog);
}

// Why there is no figure, and all digits of a rounded one, stand in a title, which a browser shows to a pointer alone:
// here focus and finger have it too. A table is one stop of Tab, and arrow keys go through it as through a chart: as
// many stops as a long list has dashes would lie before all that stands below it. What stands in a link is the link's.
const REASON = ":is(.missing, .pending, data)[title]";
const tip = document.createElement("div");
tip.className = "chart-tip reason-tip";
tip.ariaHidden = "true";   // who hears the page has heard it there
let explained = null;

function explain(reason) {
  explained = reason;
  if (!reason) return tip.remove();
  (reason.closest("dialog") ?? document.body).append(tip);
  tip.textContent = reason.title;
  return placeTip();
}

function placeTip() {
  if (!explained) return;
  const box = explained.getBoundingClientRect();
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  const above = box.top - tip.offsetHeight - 8;
  tip.style.left = `${Math.max(Math.min(box.left + (box.width - tip.offsetWidth) / 2, room), 8)}px`;
  tip.style.top = `${above >= 8 ? above : box.bottom + 8}px`;
}

const reasonsIn = (part) =>
  [...part.querySelectorAll(REASON)].filter((each) => !each.closest("a, button, summary, label") && each.checkVisibility());

function letReasonsBeReached() {
  const tables = new Set();
  for (const reason of reasonsIn(document)) {
    const table = reason.closest("table");
    reason.tabIndex = tables.has(table) ? -1 : 0;
    if (table) tables.add(table);
  }
}

/** The reason that an arrow key leads to: the next or last one in the table, or in the same column, if there is one. */
function reasonBeside(reason, key) {
  const column = (each) => each.closest("td, th")?.cellIndex;
  const all = reasonsIn(reason.closest("table"));
  const line = key === "ArrowUp" || key === "ArrowDown" ? all.filter((each) => column(each) === column(reason)) : all;
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
  if (step) return line[line.indexOf(reason) + step];
  return { Home: all[0], End: all.at(-1) }[key];
}

letReasonsBeReached();
for (const kind of ["htmx:after:swap", "toggle"]) document.addEventListener(kind, letReasonsBeReached, true);
document.addEventListener("htmx:after:swap", () => explained?.isConnected || explain(null));
addEventListener("resize", letReasonsBeReached);
addEventListener("scroll", placeTip, { capture: true, passive: true });
document.addEventListener("focusin", ({ target }) =>
  explain(target.matches(REASON) ? target : target.matches("a, button, summary") ? target.querySelector(REASON) : null));
document.addEventListener("focusout", () => explain(null));
document.addEventListener("pointerup", ({ target }) => explain(target.closest?.(REASON)));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") explain(null);
  const reason = event.target;
  if (!reason.matches?.(REASON) || !reason.closest("table") || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const next = reasonBeside(reason, event.key);
  if (!next) return;
  event.preventDefault();
  [reason.tabIndex, next.tabIndex] = [-1, 0];
  next.focus();
});

// A first error takes the focus, so that it is read out.
document.querySelector("[data-autofocus]")?.focus();

// What was opened stays open when its surroundings are put in anew, and what had the focus keeps it, with what was typed
// there meanwhile: htmx gives it back before that, and within what is closed nothing takes it.
let opened = [];
let focused = "";
let typed = null;
document.addEventListener("htmx:before:swap", () => {
  opened = [...document.querySelectorAll("details[id][open]")].map((details) => details.id);
  focused = document.activeElement?.id ?? "";
  typed = document.activeElement?.matches("input, textarea") ? document.activeElement.value : null;
});
document.addEventListener("htmx:after:swap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (document.activeElement === document.body && focused) document.getElementById(focused)?.focus();
  const field = document.activeElement;
  if (typed !== null && field.id === focused && field.value !== typed) field.value = typed;
});

// A day that is picked from the calendar counts at once. One that is typed changes with each digit, and waits for Enter.
let isTyped = false;
document.addEventListener("pointerdown", () => (isTyped = false));
document.addEventListener("keydown", ({ target }) => (isTyped = target.type === "date"));
document.addEventListener("change", ({ target }) => {
  if (!isTyped && target.matches('form[hx-get] [type="date"]')) target.form.requestSubmit();
});

// Who does not see that a list is another is told what it says now.
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target?.id === "list") announce(document.querySelector("#list h1").textContent.trim());
});

// Of what asks in another's place (hx-sync="this:replace") the latest counts. htmx 4.0.0-beta6 itself takes an element
// for idle as soon as one of its requests is taken back, and would let the one before the latest answer as well.
const latest = new WeakMap();
document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.queueStrategy === "replace") latest.get(ctx.sourceElement)?.request.abort();
  latest.set(ctx.sourceElement, ctx);
});

// What is no answer to what was asked – an error, whoever gives it, or a page without the part that was asked for – is
// kept out of the page and of its address: a note says what happened, what was typed stays.
// What a page asks for by itself every few seconds fails in silence: its reader has done nothing.
const isAskedByItself = (ctx) => ctx?.sourceElement?.getAttribute("hx-trigger")?.startsWith("every ");
const lacks = (text, part) => part && !new DOMParser().parseFromString(text, "text/html").querySelector(part);
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const { status } = ctx.response;
  const isRefused = (status >= 400 && status !== 422) || lacks(ctx.text, ctx.select);
  if (isRefused) event.preventDefault();
  if (isAskedByItself(ctx)) return;
  if (isRefused) toast(words(status === 401 ? "signed-out" : "failed"));
  else untoast();
});
document.addEventListener("htmx:error", (event) => {
  const { ctx } = event.detail;
  const isReplaced = ctx && latest.get(ctx.sourceElement) !== ctx;
  if (ctx && !ctx.response && !isReplaced && !isAskedByItself(ctx)) toast(words("offline"));
});

window.worthwhile = { announce, toast, words };
