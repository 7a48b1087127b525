"""The short form of bench/tampering.py: random changes of the events past the guards, all found."""

import pytest

from annotations.services.verifying import verify
from bench.tampering import DAMAGE, make_corpus, tamper, write_back
from tests.corpus.test_anchors import lies

#: What leaves a chain that fits together.
BY_ANCHORS = {
    "a tail cut off",
    "a tail cut off, others in its place",
    "a row taken out, hashes computed anew",
    "hashes computed anew",
}


@pytest.mark.django_db
def test_every_change_past_the_guards_is_found() -> None:
    figures = tamper(make_corpus(), changes=300, seed=6)
    assert (figures["missed"], figures["false_alarms"]) == ([], 0)
    assert set(figures["found"]) == set(DAMAGE)
    assert sum(figures["found"].values()) == 300
    assert figures["control_rounds"] == 30
    for kind in BY_ANCHORS:
        assert figures["found_without_anchors"][kind] == 0, f"{kind} would need no anchors"


@pytest.mark.django_db
def test_a_change_that_is_none_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a change that `verify` cannot find is counted as missed."""
    monkeypatch.setitem(DAMAGE, "a field", write_back)
    figures = tamper(make_corpus(), changes=60, seed=6)
    assert figures["missed"] and all(missed.startswith("a field") for missed in figures["missed"])


@pytest.mark.django_db
def test_the_guards_stand_again_and_nothing_lies() -> None:
    corpus = make_corpus()
    tamper(corpus, changes=10, seed=1)
    assert lies(corpus) == [] and list(verify(corpus))
