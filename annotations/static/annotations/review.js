// The review page without a reload: the same acts as its forms, over the API. "Saved" stands only after the receipt;
// after it the parts of the page are fetched anew, so that the page never shows what the server does not hold.
import { keyed, panelDecision, send } from "./acts.js";
import { showFieldsOf, takeSelection } from "./fields.js";
import { selectedSpan } from "./offsets.js";

const review = document.getElementById("review");
const api = `${review.dataset.api}?revision=${review.dataset.revision}`;
const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
let fetched = 0;
let selected = null;

// --- the page's parts ---------------------------------------------------------------------------------------

async function partsOf(query = "") {
  const base = review.dataset.page;
  const url = query ? `${base}${base.includes("?") ? "&" : "?"}${query}` : base;
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`The server answers ${answer.status}.`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

async function renew() {
  fetched += 1;
  const mine = fetched;
  const fresh = await partsOf();
  if (mine !== fetched) return;
  const checked = new Set([...document.querySelectorAll("#rows input[name=row]:checked")].map((box) => box.value.split(":")[0]));
  const focus = focusedPlace();
  const scrolled = document.getElementById("text").scrollTop;
  for (const id of ["text", "rows", "pass"]) swap(id, fresh.getElementById(id));
  document.getElementById("text").scrollTop = scrolled;
  for (const box of document.querySelectorAll("#rows input[name=row]")) box.checked = checked.has(box.value.split(":")[0]);
  if (focus) document.querySelector(focus)?.focus({ preventScroll: true });
  prepare();
}

function swap(id, fresh) {
  const old = document.getElementById(id);
  if (old && fresh && old.innerHTML !== fresh.innerHTML) old.replaceWith(document.adoptNode(fresh));
}

function focusedPlace() {
  const row = document.activeElement?.closest("[data-line]");
  if (!row) return null;
  const value = document.activeElement.value;
  return value ? `#${row.id} button[value="${value}"]` : `#${row.id} button`;
}

function note(place, text, kind, retry) {
  const element = place?.classList.contains("at-note") ? place : place?.querySelector(".at-note");
  if (!element) return;
  element.className = `at-note ${kind}`;
  element.textContent = text;
  if (retry) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button at-quiet";
    button.textContent = retry.name;
    button.addEventListener("click", retry.act);
    element.append(" ", button);
  }
}

// --- acting -------------------------------------------------------------------------------------------------

// Sends decisions and tells what became of them at `place()`, which is asked again once the page's parts are new.
async function act(decisions, place, told = "Saved.") {
  note(place(), "Saving …", "");
  let results;
  try {
    results = await send(api, token, decisions);
  } catch (error) {
    note(place(), `Not saved: ${error.message}`, "failed", { name: "Try again", act: () => act(decisions, place, told) });
    return false;
  }
  const refused = results.filter((result) => result.error);
  if (refused.length === results.length && refused.length) {
    const stale = refused[0].status === 412;
    const message = stale ? `Not saved. ${standing(refused[0].error)}` : `Not saved: ${refused[0].error.message}`;
    note(place(), message, "failed", stale ? { name: "Show what stands", act: () => renew() } : null);
    return false;
  }
  await renew().catch(() => {});
  note(place(), refused.length ? `${results.length - refused.length} saved, ${refused.length} not: ${refused[0].error.message}` : told, refused.length ? "failed" : "saved");
  return results;
}

function standing(error) {
  const verdict = error.details?.verdict;
  return `Another tab of yours was quicker${verdict ? `; there it reads: ${verdict}` : ""}.`;
}

function decideRow(form, button) {
  const row = form.closest("[data-line]");
  const decision = { on: row.dataset.on, version: Number(row.dataset.version), verdict: button.value };
  if (button.value === "reject") decision.reason = form.elements.reason.value;
  for (const other of form.querySelectorAll("button")) other.disabled = true;
  const place = () => document.getElementById(row.id) ?? document.getElementById("note");
  act([keyed(decision)], place).finally(() => {
    for (const other of form.querySelectorAll("button")) other.disabled = false;
  });
}

function decideChecked(form, button) {
  const boxes = [...document.querySelectorAll("#rows input[name=row]:checked")];
  const place = () => document.getElementById("note");
  if (!boxes.length) {
    note(place(), "Check one suggestion or more first.", "failed");
    return;
  }
  const decisions = boxes.map((box) => {
    const [on, version] = box.value.split(":");
    const decision = { on, version: Number(version), verdict: button.value };
    if (button.value === "reject") decision.reason = form.elements.reason.value;
    return keyed(decision);
  });
  for (const box of boxes) box.checked = false;
  act(decisions, place, `${decisions.length} saved.`);
}

async function sendPanel(form) {
  const decision = panelDecision(form);
  const place = () => document.querySelector("#panel .at-acts .at-note") ?? document.getElementById("note");
  const wrong = !decision.segments || Object.values(decision.links).flat().some((link) => link.segments === null);
  if (wrong) {
    note(place(), "Write segments as 12-40, or select them in the text.", "failed");
    return;
  }
  const results = await act([keyed(decision)], place);
  if (!results) return;
  document.getElementById("panel").replaceChildren();
  showRow(results[0].body.line);
  note(document.getElementById("note"), "Saved.", "saved");
}

async function addSelected(label) {
  const span = selected;
  const decision = { verdict: "add", label, segments: [[span.start, span.end]], surface: span.surface };
  const results = await act([keyed(decision)], () => document.getElementById("note"));
  if (results) {
    document.getSelection().removeAllRanges();
    showRow(results[0].body.line);
  }
}

function showRow(line) {
  for (const element of document.querySelectorAll(".here")) element.classList.remove("here");
  const row = document.getElementById(`row-${line}`);
  row?.classList.add("here");
  row?.scrollIntoView({ block: "nearest" });
  document.getElementById(`mark-${line}`)?.classList.add("here");
}

// --- the panel and the selection ----------------------------------------------------------------------------

async function openPanel(name, span = null) {
  const panel = document.getElementById("panel");
  if (!name) {
    panel.replaceChildren();
    return;
  }
  const fresh = await partsOf(`panel=${encodeURIComponent(name)}`);
  panel.replaceWith(document.adoptNode(fresh.getElementById("panel")));
  if (span) document.getElementById("panel-segments").value = `${span.start}-${span.end}`;
  prepare();
  document.getElementById("panel").scrollIntoView({ block: "nearest" });
  document.querySelector("#panel input:not([type=hidden])")?.focus({ preventScroll: true });
}

function prepare() {
  for (const button of document.querySelectorAll("[data-take], [data-append]")) button.hidden = false;
  const form = document.getElementById("panel-form");
  if (form) showFieldsOf(form);
  const all = document.getElementById("check-all");
  if (all) all.hidden = false;
  showSelection();
}

function showSelection() {
  const bar = document.getElementById("selection");
  if (!bar) return;
  bar.hidden = selected === null;
  if (selected === null) return;
  const quote = document.createElement("q");
  quote.textContent = selected.surface;
  const acts = document.createElement("div");
  acts.className = "at-row";
  for (const label of document.querySelectorAll(".at-legend .at-label")) {
    acts.append(selectionButton(label.textContent, () => addSelected(label.textContent)));
  }
  acts.append(selectionButton("with more …", () => openPanel("new", selected)));
  bar.replaceChildren(quote, acts);
}

function selectionButton(name, onClick) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = name;
  button.addEventListener("click", onClick);
  return button;
}

// --- listening ----------------------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches(".at-decide")) {
    event.preventDefault();
    decideRow(form, event.submitter);
  } else if (form.id === "bulk") {
    event.preventDefault();
    decideChecked(form, event.submitter);
  } else if (form.id === "panel-form") {
    event.preventDefault();
    sendPanel(form);
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-panel]");
  const button = event.target.closest("[data-take], [data-append]");
  const mark = event.target.closest("#text mark");
  if (link) {
    event.preventDefault();
    openPanel(link.dataset.panel, link.dataset.panel === "new" ? selected : null).catch((error) =>
      note(document.getElementById("note"), error.message, "failed"),
    );
  } else if (button) takeSelection(button, selected);
  else if (mark && document.getSelection().isCollapsed) showRow(mark.dataset.row);
});

// A press on a button would drop the selection that it is about.
document.addEventListener("mousedown", (event) => {
  if (event.target.closest("#selection, [data-take], [data-append], a[data-panel]")) event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("#panel-form [name=label]")) showFieldsOf(event.target.form);
  if (event.target.id === "check-all") {
    for (const box of document.querySelectorAll("#rows input[name=row]")) box.checked = event.target.checked;
  }
});

document.addEventListener("selectionchange", () => {
  const text = document.getElementById("text");
  const inText = text.contains(document.getSelection().anchorNode);
  const span = selectedSpan(text);
  if (span === null && !inText && selected !== null && document.activeElement?.closest("#panel, #selection")) return;
  selected = span;
  showSelection();
});

prepare();
