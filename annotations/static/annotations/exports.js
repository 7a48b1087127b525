// Follows the exports that are not made yet: asks once a second, and shows the page anew when one has ended.
const EVERY = 1000;
const section = document.getElementById("exports");

function show(box, { status, done, total }) {
  const bar = box.querySelector("progress");
  bar.max = Math.max(total, 1);
  bar.value = done;
  const words = status === "queued" ? "waits for a worker" : `${done} of ${total}`;
  const told = box.querySelector("[data-told]");
  if (told.textContent !== words) told.textContent = words;
}

async function watch() {
  const note = document.getElementById("note");
  try {
    const answer = await fetch(section.dataset.url, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    const { open } = await answer.json();
    note.textContent = "";
    for (const box of section.querySelectorAll("[data-export]")) {
      const progress = open[box.dataset.export];
      if (!progress) {
        location.reload();
        return;
      }
      show(box, progress);
    }
  } catch (error) {
    note.textContent = `No news: ${error.message}. Asking again.`;
  }
  setTimeout(watch, EVERY);
}

if (section?.dataset.working === "yes") watch();
