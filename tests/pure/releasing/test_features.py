"""The features that a card states have a place for everything that a record holds."""

from collections.abc import Iterator
from typing import Any

from annotations.releasing.features import Feature, record_features
from annotations.releasing.standoff import BLANK, BLANK_OF_ROWS, KEPT, KEPT_OF_ROWS
from tests.pure.releasing.made_up import annotation, record, relation, review


def homeless(value: dict[str, Any], features: list[Feature], place: str = "") -> Iterator[str]:
    """Yield what a loader would stop at: a field that no feature has, or one of another depth."""
    known = {feature["name"]: feature for feature in features}
    for name, inner in value.items():
        feature = known.get(name)
        if feature is None:
            yield f"{place}{name}"
        elif isinstance(inner, dict):
            yield from homeless(inner, feature["struct"], f"{place}{name}.")
        elif isinstance(inner, list):
            for row in inner:
                if isinstance(row, dict):
                    yield from homeless(row, feature["list"], f"{place}{name}.")
                elif feature["list"] != {"list": "int64"}:
                    yield f"{place}{name}"
        elif "dtype" not in feature:
            yield f"{place}{name}"


def test_everything_in_a_record_has_a_feature() -> None:
    text = "Bo: We sail, said Ida Holm."
    every = record(
        text,
        redacted=[[18, 26]],
        blocks=[{"start": 0, "end": 27, "kind": "speaker_turn", "name": {"start": 0, "end": 2}}],
        annotations=[annotation(text, 2, "quote", (4, 11), attributes={"type": "direct"}, score=0.5)],
        relations=[relation(3, "source", 2, 4)],
        reviews=[review()],
        tombstone="erased",
    )
    assert list(homeless(every, record_features(["type"]))) == []
    assert list(homeless({**every, "words": ["a"]}, record_features([]))) == [
        "annotations.attributes.type",
        "words",
    ]


def test_every_field_that_a_record_without_words_keeps_has_a_feature() -> None:
    features = {feature["name"]: feature for feature in record_features([])}
    assert {*KEPT, *BLANK, *KEPT_OF_ROWS, "tombstone"} == set(features)
    for name, kept in KEPT_OF_ROWS.items():
        assert {*kept, *BLANK_OF_ROWS[name]} == {feature["name"] for feature in features[name]["list"]}
