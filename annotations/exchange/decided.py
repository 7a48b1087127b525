"""The reviews of a lossless record, against what the record has of the things that they are on."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotations.exchange.fields import RecordRefused, moment, number, plain_id, truth, words

KEEPING = frozenset({"accept", "correct", "add"})
VERDICTS = KEEPING | {"reject", "skip", "retract"}


@dataclass(frozen=True, slots=True)
class Thing:
    """An annotation or a relation, as far as a review of it cares."""

    kind: str
    layer: str
    line: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reviewed:
    """One review of a record, checked. Ids are 32 hexadecimal digits, empty for none."""

    id: str
    layer: str
    on: str
    kind: str
    line: str
    version: int
    verdict: str
    result: str
    retracts: str
    implied_by: str
    values: Mapping[str, Any]


def read_reviews(
    items: Sequence[Mapping[str, Any]], things: Mapping[str, Thing], layers: Mapping[str, str]
) -> list[Reviewed]:
    """Return the reviews once each fits what it is on, and what it says it wrote.

    Args:
        items: the reviews as the record has them.
        things: the annotations and relations of the record, by id.
        layers: the reviewers' layers of the record, by each name that they go by.
    """
    reviews = []
    for position, item in enumerate(items):
        try:
            reviews.append(_review(item, position, things, layers))
        except RecordRefused as error:
            raise RecordRefused(f"reviews[{position}]: {error}") from None
    by_id = {review.id: review for review in reviews}
    if len(by_id) < len(reviews):
        raise RecordRefused("two reviews have one id.")
    versions: dict[tuple[str, str], list[int]] = defaultdict(list)
    for review in reviews:
        _check_kin(review, by_id)
        versions[review.layer, review.line].append(review.version)
    for (_, line), found in versions.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            raise RecordRefused(f"the reviews on {line} have the versions {sorted(found)[:20]}.")
    return reviews


def check_words(item: Mapping[str, Any]) -> None:
    """Refuse what a review cannot say, whatever it is on."""
    if words(item, "verdict") not in VERDICTS:
        raise RecordRefused(
            f"verdict is {item.get('verdict')!r}; it is one of {', '.join(sorted(VERDICTS))}."
        )
    number(item, "version", least=1)
    number(item, "guideline", least=0)
    truth(item, "suggestions_shown")
    words(item, "reason", most=32)
    words(item, "note")
    moment(item.get("at"), "at")
    for key in ("id", "on", "line", "result", "retracts", "implied_by"):
        plain_id(item.get(key), key)


def _review(
    item: Mapping[str, Any], position: int, things: Mapping[str, Thing], layers: Mapping[str, str]
) -> Reviewed:
    check_words(item)
    verdict = words(item, "verdict")
    named = words(item, "layer") or f"reviewer:{words(item, 'reviewer')}"
    layer = layers.get(named)
    if layer is None:
        raise RecordRefused(f"{named!r} is no reviewer's layer of this record.")
    on, result = plain_id(item.get("on"), "on"), plain_id(item.get("result"), "result")
    thing = things.get(on)
    if thing is None:
        raise RecordRefused("what it is on is not in this record.")
    if thing.layer != layer and thing.layer.startswith("reviewer:"):
        raise RecordRefused("it is on what another reviewer said.")
    line = plain_id(item.get("line"), "line") or thing.line
    if line != thing.line:
        raise RecordRefused("its line is not that of what it is on.")
    if bool(result) != (verdict in KEEPING):
        raise RecordRefused(f"{verdict} {'writes nothing' if result else 'needs its result'}.")
    if result and things.get(result) != Thing(thing.kind, layer, line):
        raise RecordRefused("its result does not stand on its line in its layer.")
    return Reviewed(
        id=plain_id(item.get("id"), "id") or f"#review-{position}",
        layer=layer,
        on=on,
        kind=thing.kind,
        line=line,
        version=number(item, "version", least=1) or 1,
        verdict=verdict,
        result=result,
        retracts=plain_id(item.get("retracts"), "retracts"),
        implied_by=plain_id(item.get("implied_by"), "implied_by"),
        values=item,
    )


def _check_kin(review: Reviewed, by_id: Mapping[str, Reviewed]) -> None:
    """Refuse a review that retracts, or was brought along by, what it cannot."""
    if (review.verdict == "retract") != bool(review.retracts):
        raise RecordRefused(f"the review {review.id} says {review.verdict}, and retracts otherwise.")
    if review.retracts:
        earlier = by_id.get(review.retracts)
        if earlier is None or (earlier.layer, earlier.line) != (review.layer, review.line):
            raise RecordRefused(f"the review {review.id} retracts none of its line.")
        if earlier.verdict == "retract" or earlier.version >= review.version:
            raise RecordRefused(f"the review {review.id} retracts what it cannot.")
    if review.implied_by:
        bringing = by_id.get(review.implied_by)
        if bringing is None or bringing is review or bringing.layer != review.layer:
            raise RecordRefused(f"the review {review.id} is brought along by none of its layer.")
