// Watches a run: asks once a second until every job has ended.
const EVERY = 1000;
const section = document.getElementById("progress");

function show(progress) {
  const bar = document.getElementById("bar");
  bar.max = Math.max(progress.total, 1);
  bar.value = progress.total ? progress.ended : 1;
  document.getElementById("ended").textContent = progress.ended;
  document.getElementById("total").textContent = progress.total;
  for (const [status, number] of Object.entries(progress.counts)) {
    const cell = section.querySelector(`[data-count="${status}"]`);
    if (cell) cell.textContent = number;
  }
}

async function watch() {
  const note = document.getElementById("note");
  try {
    const answer = await fetch(section.dataset.url, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    const progress = await answer.json();
    show(progress);
    note.textContent = "";
    if (progress.finished) {
      document.getElementById("cancel")?.remove();
      note.textContent = progress.counts.parked
        ? "Finished, with parked jobs: load the page again to see their causes."
        : "Finished.";
      return;
    }
  } catch (error) {
    note.textContent = `No news: ${error.message}. Asking again.`;
  }
  setTimeout(watch, EVERY);
}

if (section && section.dataset.finished === "no") watch();
