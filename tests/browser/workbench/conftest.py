"""A text at the harbour, and Ada's workbench open on it."""

import pytest

from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from corpus.models import Corpus, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from tests.browser.bench import Bench
from tests.conftest import person, put_in

TEXT = (
    "👩‍👩‍👧 A day at the quay\n\n"
    "“We 😀 will close the 👍🏽 bridge,” said Ana Ruiz, the engineer.\n\n"
    "Ruiz warned that two of its cables had lost a third of their strength.\n\n"
    "Traffic over the bridge rose by 12 percent in 2024.\n"
)
QUOTE = "“We 😀 will close the 👍🏽 bridge,”"
CABLES = "two of its cables had lost a third of their strength"
ENGINEER = "Ana Ruiz, the engineer"


@pytest.fixture
def harbour(transactional_db) -> Corpus:
    corpus = create_corpus(COMMAND, slug="harbour", name="Harbour", owner=person("owen"))
    for name in ("ada", "ben"):
        set_member(COMMAND, corpus, person(name), "reviewer")
    activate_pipeline(COMMAND, corpus, "rules")
    return corpus


@pytest.fixture
def ada(harbour) -> User:
    return harbour.members.get(user__username="ada").user


@pytest.fixture
def article(harbour) -> Revision:
    return labelled(harbour, TEXT, title="A day at the quay", outlet="The Lamp")


def labelled(corpus: Corpus, text: str, **fields: str) -> Revision:
    revision = put_in(corpus, text, **fields)
    work_jobs("test", limit=10, seconds=30)
    return revision


@pytest.fixture
def bench(article, tab) -> Bench:
    tab.be("ada")
    return Bench(tab, article).open()


@pytest.fixture
def long_article(harbour) -> Revision:
    """Fifty claims and more, a paragraph each."""
    lines = [
        f"The town of Vell paid {number},000 crowns for dyke {number} in 2024." for number in range(3, 60)
    ]
    return labelled(harbour, "\n\n".join(lines), external_id="long")
