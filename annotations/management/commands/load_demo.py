import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings

from annotations.services.pipelines import DEFAULT_PIPELINE, activate_pipeline
from corpus.management.base import AttestCommand
from corpus.models import Corpus, User
from corpus.readers import read_path
from corpus.services.actors import COMMAND, Scope
from corpus.services.corpora import create_corpus
from corpus.services.ingest import ingest_articles
from corpus.services.tokens import make_token

SAMPLE = Path(settings.BASE_DIR) / "corpus" / "sample" / "articles"
GUIDELINE = Path(settings.BASE_DIR) / "docs" / "guideline.md"
USER = "admin"


class Command(AttestCommand):
    help = (
        "Make the first account and the sample corpus, unless they are there; the demo does it at each start."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=USER).first() or self._first_user()
        self._keep_token(user)
        self._load_sample(user)

    def _first_user(self) -> User:
        password = secrets.token_urlsafe(15)
        # Kept first: an account whose password was lost with the process would be there for ever.
        keep(settings.ATTEST_HOME / "initial-password", password)
        return User.objects.create_superuser(username=USER, password=password)

    def _keep_token(self, user: User) -> None:
        path = settings.ATTEST_HOME / "demo-token"
        if not path.exists():
            _, secret = make_token(COMMAND, user=user, name="demo", scopes=list(Scope))
            keep(path, secret)

    def _load_sample(self, user: User) -> None:
        """Make what is missing of the sample corpus: an earlier start may have been cut off anywhere."""
        corpus = Corpus.objects.filter(slug="sample").first() or self._sample_corpus(user)
        if not corpus.pipelines.exists():
            activate_pipeline(COMMAND, corpus, DEFAULT_PIPELINE)
        if not corpus.articles.exists():
            outcomes = list(ingest_articles(COMMAND, corpus, read_path(SAMPLE), source="the sample corpus"))
            self.stdout.write(f"{sum(row.outcome == 'created' for row in outcomes)} sample articles")

    def _sample_corpus(self, user: User) -> Corpus:
        guideline = GUIDELINE.read_text(encoding="utf-8")
        return create_corpus(COMMAND, slug="sample", name="Sample", owner=user, guideline=guideline)


def keep(path: Path, secret: str) -> None:
    """Write a secret to a file that only its owner can read, from its first moment on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")
