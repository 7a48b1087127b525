"""A scheme is data from outside: it is taken whole, or refused with what is wrong."""

import copy
from typing import Any

import pytest

from corpus.models import Corpus
from corpus.schemes import DEFAULT_SCHEME, SchemeError, parse_scheme, united
from corpus.services.actors import COMMAND
from corpus.services.corpora import publish_scheme
from corpus.services.errors import BadInput


def changed(kind: str, **changes: Any) -> dict[str, Any]:
    definition = copy.deepcopy(DEFAULT_SCHEME)
    definition[kind][1].update(changes)
    return definition


HOSTILE: dict[str, Any] = {
    "a list": [],
    "nothing": None,
    "labels of words": {"labels": "quote", "relations": []},
    "no labels": {"labels": [], "relations": []},
    "a name that is a list": changed("labels", name=["quote"]),
    "a name that is another's": changed("labels", name="claim"),
    "a key that nobody reads": changed("labels", atributes={"type": ["direct"]}),
    "a number that no column holds": changed("labels", weight=1e300),
    "a description that is a number": changed("labels", description=1e300),
    "a colour that is a number": changed("labels", colour=7),
    "attributes that are a list": changed("labels", attributes=["type"]),
    "attributes without values": changed("labels", attributes={"type": []}),
    "an attribute value that is a number": changed("labels", attributes={"type": [1]}),
    "a head that is a list": changed("relations", heads=[["quote"]]),
    "a child that is an object": changed("relations", children=[{"a": 1}]),
    "a head that the scheme has not": changed("relations", heads=["rumour"]),
    "a relation that nobody reads": changed("relations", inverse="source_of"),
    "a relation described by a list": changed("relations", description=["x"]),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_scheme_is_refused(kind: str) -> None:
    with pytest.raises(SchemeError):
        parse_scheme(HOSTILE[kind])


def test_a_refused_scheme_leaves_the_old_one(corpus: Corpus) -> None:
    with pytest.raises(BadInput):
        publish_scheme(COMMAND, corpus, definition=HOSTILE["a head that is a list"], version=1)
    assert corpus.schemes.count() == 1


def test_several_schemes_together_allow_what_any_of_them_does() -> None:
    first = parse_scheme(
        {
            "labels": [{"name": "claim"}, {"name": "quote", "attributes": {"type": ["direct"]}}],
            "relations": [{"name": "source", "heads": ["quote"], "children": ["claim"]}],
        }
    )
    second = parse_scheme(
        {
            "labels": [{"name": "claim"}, {"name": "quote", "attributes": {"type": ["mixed"]}}],
            "relations": [{"name": "source", "heads": ["claim"], "children": ["quote"]}],
        }
    )
    both = united([first, second, parse_scheme({"labels": [{"name": "place"}], "relations": []})])
    for kind in ("direct", "mixed"):
        both.check_annotation("quote", {"type": kind})
    both.check_annotation("place", {})
    both.check_relation("source", "quote", "claim")
    both.check_relation("source", "claim", "quote")
    with pytest.raises(SchemeError):
        both.check_annotation("quote", {"type": "indirect"})
