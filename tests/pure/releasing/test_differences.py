"""What one release has that another has not."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.releasing.differences import Entry, Fate, LineDifference, Summary, differences
from tests.pure.releasing.made_up import annotation, record, relation, uuid

TEXT = "“We sail,” said Ida Holm."
TOMBSTONE = {"tombstone": "erased", "external_id": "a-1"}


def entry(number: int, split: str = "train", **more: Any) -> Entry:
    return Entry(split, {**record(TEXT, **more), "id": uuid(number)})


def gone(number: int, split: str = "train") -> Entry:
    return Entry(split, {**TOMBSTONE, "id": uuid(number)})


def summed(old: list[Entry], new: list[Entry]) -> dict[str, Any]:
    summary = Summary()
    for difference in differences(old, new):
        summary.add(difference)
    return summary.as_json()


@pytest.mark.parametrize(
    ("old", "new", "fate"),
    [
        (None, entry(1), Fate.ADDED),
        (entry(1), None, Fate.DROPPED),
        (entry(1), gone(1), Fate.ERASED),
        (gone(1), None, Fate.ERASED),
        (entry(1), entry(1, revision=2, text_sha256="0"), Fate.AMENDED),
        (entry(1), entry(1, text_sha256="0", redacted=[[0, 2]]), Fate.KEPT),
        (entry(1), entry(1, title="T"), Fate.KEPT),
        (entry(1), entry(1, "dev"), Fate.KEPT),
        (entry(1), entry(1), None),
        (gone(1), gone(1), None),
        (None, gone(1), None),
    ],
)
def test_what_becomes_of_an_article(old: Entry | None, new: Entry | None, fate: Fate | None) -> None:
    found = list(differences([old] if old else [], [new] if new else []))
    assert [row.fate for row in found] == ([fate] if fate else [])


def test_a_summary_counts_what_there_is() -> None:
    old = [entry(1, "test"), entry(2, "test"), entry(3), entry(4, "dev"), entry(6)]
    new = [entry(1, "train"), entry(2, "dev"), entry(3, text_withheld=True), gone(4, "dev"), entry(5)]
    found = summed(old, new)
    assert found["articles"] == {"added": 1, "dropped": 1, "erased": 1, "amended": 0, "kept": 3}
    assert found["moved"] == [
        {"from": "test", "to": "dev", "articles": 1},
        {"from": "test", "to": "train", "articles": 1},
    ]
    assert found["test_to_train"] == 1
    assert found["fields"] == {"text_withheld": 1}
    assert summed(new, old)["test_to_train"] == 0


def test_lines_are_told_apart_by_their_root() -> None:
    quote = annotation(TEXT, 10, "quote", (0, 10), attributes={"type": "direct"})
    source = annotation(TEXT, 11, "attribution", (16, 24))
    cue = annotation(TEXT, 12, "cue", (11, 15))
    links = [relation(30, "source", 10, 11), relation(31, "cue", 10, 12)]
    before = entry(1, annotations=[quote, source, cue], relations=links)
    # Written anew: other ids on the same lines differ in nothing.
    again = [replaced(quote, 20), replaced(source, 21), replaced(cue, 22)]
    ends = [relation(40, "source", 20, 21, root=uuid(30)), relation(41, "cue", 20, 22, root=uuid(31))]
    assert not list(differences([before], [entry(1, annotations=again, relations=ends)]))

    moved = {**again[0], "segments": [[1, 9]], "attributes": {"type": "mixed"}}
    claim = annotation(TEXT, 23, "claim", (1, 8))
    after = entry(1, annotations=[moved, again[1], claim], relations=ends[:1])
    (found,) = differences([before], [after])
    layer = "gold"
    changed = ("span", "attributes", "relations")
    assert set(found.annotations) == {
        LineDifference(root=uuid(10), layer=layer, label="quote", change="changed", aspects=changed),
        LineDifference(root=uuid(12), layer=layer, label="cue", change="removed"),
        LineDifference(root=uuid(23), layer=layer, label="claim", change="added"),
    }
    assert found.relations == (LineDifference(root=uuid(31), layer=layer, label="cue", change="removed"),)
    summary = Summary()
    summary.add(found)
    assert summary.as_json()["annotations"]["quote"] == {
        "attributes": 1, "changed": 1, "relations": 1, "span": 1
    }  # fmt: skip


def replaced(row: dict[str, Any], number: int) -> dict[str, Any]:
    return {**row, "id": uuid(number)}


LINES = st.dictionaries(
    st.integers(10, 14), st.tuples(st.sampled_from(["quote", "claim"]), st.integers(1, 9))
)
RELEASES = st.dictionaries(st.integers(1, 6), st.tuples(st.sampled_from(["train", "dev", "test"]), LINES))


def entries(release: dict[int, Any]) -> list[Entry]:
    return [
        entry(
            number,
            split,
            annotations=[annotation(TEXT, root, label, (0, end)) for root, (label, end) in lines.items()],
        )
        for number, (split, lines) in sorted(release.items())
    ]


def labels(release: dict[int, Any]) -> Counter[str]:
    return Counter(label for _, lines in release.values() for label, _ in lines.values())


@given(RELEASES, RELEASES)
def test_what_was_and_what_came_and_went_is_what_there_is(old: dict[int, Any], new: dict[int, Any]) -> None:
    found = summed(entries(old), entries(new))
    for label in ("quote", "claim"):
        counts = found["annotations"].get(label, {})
        assert labels(old)[label] + counts.get("added", 0) - counts.get("removed", 0) == labels(new)[label]
    articles = found["articles"]
    assert len(old) + articles["added"] - articles["dropped"] == len(new)
    back = summed(entries(new), entries(old))
    assert back["articles"]["added"] == articles["dropped"]
    assert not list(differences(entries(old), entries(old)))


def test_one_article_of_each_is_in_memory() -> None:
    read: list[int] = []

    def stream() -> Iterator[Entry]:
        for number in range(1, 50):
            read.append(number)
            yield entry(number)

    next(differences([], stream()))
    assert len(read) == 1


def test_entries_out_of_order_are_refused() -> None:
    for wrong in ([entry(2), entry(1)], [entry(1), entry(1)]):
        with pytest.raises(ValueError, match="by the articles' ids"):
            list(differences(wrong, []))
