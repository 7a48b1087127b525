// Follows a training: asks every two seconds until it has ended, then shows what came of it.
const EVERY = 2000;
const section = document.getElementById("training");

async function watch() {
  const stage = document.getElementById("stage");
  try {
    const answer = await fetch(section.dataset.url, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    const training = await answer.json();
    if (training.finished) {
      location.reload();
      return;
    }
    if (stage.textContent !== training.stage) stage.textContent = training.stage;
  } catch (error) {
    stage.textContent = `No news: ${error.message}. Asking again.`;
  }
  setTimeout(watch, EVERY);
}

if (section) watch();
