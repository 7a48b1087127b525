// What is typed into a box of this page stays in the tab until it is posted, whichever button is pressed first.
const boxes = [...document.querySelectorAll("#comments textarea")];
const place = `attest.comments/${document.getElementById("comments").dataset.person}${location.pathname}${location.search}`;
const kept = JSON.parse(sessionStorage.getItem(place) ?? "{}");

// An edit is kept with the version that it was begun on, so that it cannot overwrite what came since.
function keep(box, { sent = false } = {}) {
  // A box whose words were refused is filled with those, and names what stands.
  const typed = box.value !== (box.dataset.stands ?? box.defaultValue);
  if (typed) kept[box.id] = { text: box.value, version: box.form.elements.version?.value, sent };
  else delete kept[box.id];
  sessionStorage.setItem(place, JSON.stringify(kept));
}

function fillIn(box, { text, version }) {
  box.value = text;
  if (version !== undefined) box.form.elements.version.value = version;
  const closed = box.closest("details");
  if (closed) closed.open = true;
  document.getElementById("live").textContent = "What you had begun here is filled in again.";
}

// Without this word of success what was sent may be lost on the way, and is kept.
if (document.querySelector(".messagelist .at-said")) {
  for (const [id, { sent }] of Object.entries(kept)) if (sent) delete kept[id];
}
for (const box of boxes) {
  if (kept[box.id] && !("stands" in box.dataset)) fillIn(box, kept[box.id]);
  keep(box);
}
document.addEventListener("input", ({ target }) => {
  if (boxes.includes(target)) keep(target);
});
document.addEventListener("submit", ({ target }) => {
  for (const box of boxes) if (box.form === target) keep(box, { sent: true });
});
