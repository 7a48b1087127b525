"""The cast at the API: each with a token of every scope."""

from typing import Any
from uuid import UUID

import pytest

from corpus.models import Corpus, Revision, User
from tests.api.contract import Caller, caller


@pytest.fixture
def as_owen(owen: User, corpus: Corpus) -> Caller:
    return caller(owen)


@pytest.fixture
def as_lea(lea: User) -> Caller:
    return caller(lea)


@pytest.fixture
def as_cy(cy: User) -> Caller:
    return caller(cy)


@pytest.fixture
def as_ada(ada: User) -> Caller:
    return caller(ada)


@pytest.fixture
def as_ben(ben: User) -> Caller:
    return caller(ben)


@pytest.fixture
def as_vic(vic: User) -> Caller:
    return caller(vic)


@pytest.fixture
def as_dee(dee: User, corpus: Corpus) -> Caller:
    return caller(dee)


def suggestions(who: Caller, article_id: UUID, label: str = "") -> list[dict[str, Any]]:
    """Return what the machines suggest on an article, in the order of the text."""
    found = who.get(f"articles/{article_id}/annotations/?layer=machine").json()["results"]
    return [item for item in found if not label or item["label"] == label]


def decide_all(who: Caller, article_id: UUID, verdict: str = "skip", *, but_first: str = "") -> None:
    """Decide everything that is suggested, the first otherwise where that is named, and submit the pass."""
    decisions = [
        {"verdict": verdict, "on": item["id"], "version": item["version"]}
        for item in suggestions(who, article_id)
    ]
    if but_first:
        decisions[0] |= {"verdict": but_first}
    answer = who.post(f"articles/{article_id}/reviews/", {"decisions": decisions})
    assert all(result["status"] == 200 for result in answer.json()["results"]), answer.content
    assert who.post(f"articles/{article_id}/pass/").status_code == 200


@pytest.fixture
def article(suggested: Revision) -> UUID:
    return suggested.article_id
