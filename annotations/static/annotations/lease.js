// Keeps an article for whoever works on it: renews the lease every few minutes while the page is seen and was used
// since the last time, and says so once the lease is lost. A page that nobody looks at lets its lease run out.
const EVERY = 3 * 60 * 1000;
const SIGNS = ["pointerdown", "pointermove", "keydown", "scroll", "wheel"];
let used = true;

function tell(words) {
  const note = document.getElementById("lease-note");
  if (!note) return;
  note.className = words ? "at-note failed" : "at-note";
  note.textContent = words;
}

async function keep() {
  const lease = document.getElementById("lease");
  if (!lease?.dataset.keep || document.hidden || !used) return;
  used = false;
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  let answer;
  try {
    answer = await fetch(lease.dataset.keep, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": token },
    });
  } catch {
    used = true;
    tell("The server does not answer: the article is kept for you only until the time that is shown.");
    return;
  }
  if (answer.ok) {
    const until = (await answer.json()).lease_until;
    const time = lease.querySelector("time");
    time.dateTime = until;
    time.textContent = `${until.slice(0, 16).replace("T", " ")} UTC`;
    tell("");
  } else {
    delete lease.dataset.keep;
    tell("The lease is lost: somebody else may have this article by now. What you decided stays; load the page again.");
  }
}

for (const sign of SIGNS) {
  document.addEventListener(sign, () => { used = true; }, { passive: true, capture: true });
}
document.addEventListener("visibilitychange", keep);
setInterval(keep, EVERY);
