"""The steps of the loop, as the tests take them: files in, labels by the worker, decisions over the API."""

import io
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from annotations.models import Job, JobStatus
from annotations.services.pipelines import activate_pipeline
from corpus.models import Corpus, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.tokens import make_token
from tests.servers import StartProcess, wait_for

SAMPLE = settings.BASE_DIR / "corpus" / "sample" / "articles"
#: Two real pages; the repository does not hold them.
SEEDS = settings.BASE_DIR.parent / "shared" / "seeds"

#: While this file is there, a worker that includes `paused_exports` stops after so many articles.
PAUSE, MIDDLE = settings.ATTEST_HOME / "exports.pause", 3


def put_in_and_let_the_worker_label(
    corpus: Corpus, folder: Path, start_worker: StartProcess
) -> list[Revision]:
    """Ingest a folder as an operator would; nobody asks for the labels."""
    activate_pipeline(COMMAND, corpus, "rules")
    worker = start_worker()
    call_command("ingest", str(folder), corpus=corpus.slug, stdout=io.StringIO())
    wait_for(
        lambda: not Job.objects.exclude(status=JobStatus.DONE).exists(),
        process=worker.process,
        log=worker.log,
    )
    return list(Revision.objects.filter(corpus=corpus).select_related("article").order_by("pk"))


def api(user: User) -> Client:
    _, secret = make_token(COMMAND, user=user, name="test", scopes=["read", "review", "export"])
    return Client(headers={"authorization": f"Bearer {secret}"})


def suggestions(client: Client, revision: Revision) -> list[dict[str, Any]]:
    answer = client.get(reverse("annotations", args=[revision.article_id]), {"layer": "machine"})
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def exported(client: Client, corpus: Corpus) -> list[bytes]:
    """Return the lines of the lossless export."""
    answer = client.get(reverse("export", args=[corpus.slug]), {"layer": "all"})
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).splitlines()  # type: ignore[attr-defined]


def decide_everything(client: Client, revision: Revision) -> None:
    """Accept every quote and claim in one request, and skip what is still left in a second."""
    route = reverse("reviews", args=[revision.article_id])
    main = [row for row in suggestions(client, revision) if row["label"] in ("quote", "claim")]
    for verdict in ("accept", "skip"):
        left = [row for row in suggestions(client, revision) if row["verdict"] is None]
        rows = [row for row in left if row in main] if verdict == "accept" else left
        body = {
            "decisions": [
                {
                    "on": row["id"],
                    "verdict": verdict,
                    "version": row["version"],
                    "key": f"{verdict}-{row['id']}",
                }
                for row in rows
            ]
        }
        if rows:
            answer = client.post(route, body, content_type="application/json")
            assert answer.status_code == 200, answer.content
            assert not [item for item in answer.json()["results"] if item.get("error")], answer.content
