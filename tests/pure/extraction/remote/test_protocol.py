"""The protocol of model servers: what is asked, and every way in which an answer does not fit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from annotations.extraction import build_pipeline
from annotations.extraction.base import ArticleText, Suggestions
from annotations.extraction.remote.client import AnswerRefused
from annotations.extraction.remote.endpoints import ENDPOINTS, Endpoint
from annotations.extraction.remote.http_pipeline import ModelServer
from annotations.extraction.remote.protocol import SCHEMA, article_id, request_for, suggestions_in
from annotations.extraction.remote.shapes import ANSWER, COMPLETION, FINDINGS, REQUEST, Shape
from corpus.text.blocks import Block, BlockKind, segment_blocks
from corpus.text.offsets import OffsetMap, OffsetUnit
from corpus.text.spans import Span
from tests.pure.extraction.remote.serving import says, serving

TEXT = "🛥 “We sail,” said Bo Lind. “Now.”"
ARTICLE = ArticleText(text=TEXT, blocks=(Block(start=0, end=len(TEXT), kind=BlockKind.BODY),))
LIND, QUOTE, NOW = Span(18, 25), Span(2, 12), Span(27, 33)


def annotation(**other: Any) -> dict[str, Any]:
    return {
        "key": 1,
        "label": "attribution",
        "segments": [list(LIND)],
        "surface": "Bo Lind",
        "score": 0.5,
    } | other


def answer(*annotations: Any, relations: Any = (), **other: Any) -> dict[str, Any]:
    article = {"id": article_id(ARTICLE), "annotations": list(annotations), "relations": list(relations)}
    return {"schema": SCHEMA, "offset_unit": "code_point", "articles": [article]} | other


def read(answer: Any) -> Suggestions:
    return suggestions_in(answer, ARTICLE)


WHOLE = answer(
    annotation(
        key="q",
        label="quote",
        segments=[list(QUOTE), list(NOW)],
        surface="“We sail,” … “Now.”",
        attributes={"type": "direct"},
        reason="two marks",
    ),
    annotation(key=7),
    relations=[{"label": "source", "head": "q", "child": 7, "score": 1, "reason": "beside it"}],
)


def test_an_answer_becomes_suggestions_in_their_order() -> None:
    found = read(WHOLE)
    quote, source = found.annotations
    assert (quote.key, quote.label, quote.segments, quote.attributes) == (
        0,
        "quote",
        (QUOTE, NOW),
        {"type": "direct"},
    )
    assert (source.key, source.segments, source.reason, source.score) == (1, (LIND,), "", 0.5)
    (link,) = found.relations
    assert (link.label, link.head, link.child, link.score, link.reason) == ("source", 0, 1, 1.0, "beside it")


def test_nothing_found_is_an_answer() -> None:
    assert read(answer()) == Suggestions()


@pytest.mark.parametrize("unit", OffsetUnit)
def test_offsets_count_what_the_answer_says_they_count(unit: OffsetUnit) -> None:
    offsets = OffsetMap(TEXT, unit)
    segments = [[offsets.from_code_points(place) for place in LIND]]
    found = read(answer(annotation(segments=segments), offset_unit=unit.value))
    assert found.annotations[0].segments == (LIND,)
    # The control: counted in another unit the same numbers are another place.
    other = OffsetUnit.CODE_POINT if unit is not OffsetUnit.CODE_POINT else OffsetUnit.UTF16
    with pytest.raises(AnswerRefused, match=r"annotations\[0\]\.s"):
        read(answer(annotation(segments=segments), offset_unit=other.value))


REFUSED: dict[str, tuple[Any, str]] = {
    "no object": ([], r"^\$: \[\] is not of type 'object'"),
    "another schema": (answer(schema="attest-pipeline/2"), r"\$\.schema: "),
    "no unit": ({"schema": SCHEMA, "articles": []}, "'offset_unit' is a required"),
    "another unit": (answer(offset_unit="grapheme"), r"\$\.offset_unit: "),
    "no article": (answer(articles=[]), "must hold the one article"),
    "another article": (answer(articles=[{"id": "0" * 64, "annotations": []}]), "must hold the one article"),
    "an article twice": (answer(articles=answer()["articles"] * 2), "must hold the one article"),
    "a strange key": (answer(model="m"), "'model' was unexpected"),
    "no surface": (
        answer({"key": 1, "label": "cue", "segments": [[0, 1]], "score": 1}),
        "'surface' is a req",
    ),
    "another surface": (
        answer(annotation(surface="Bo Linde")),
        r"annotations\[0\]\.surface: the text has",
    ),
    "spaces added": (answer(annotation(surface="Bo  Lind")), r"\.surface: "),
    "another place": (answer(annotation(segments=[[0, 7]])), r"\.surface: "),
    "beyond the text": (answer(annotation(segments=[[18, 99]])), r"\.segments: 99 \(code_point\) is out"),
    "before the text": (answer(annotation(segments=[[-1, 7]])), r"\.segments\[0\]\[0\]: -1 is less"),
    "an empty span": (
        answer(annotation(segments=[[3, 3]], surface="")),
        r"\.segments: .* is empty",
    ),
    "turned round": (answer(annotation(segments=[[25, 18]])), r"\.segments: .* is empty"),
    "no segment": (answer(annotation(segments=[])), r"\.segments: "),
    "a triple": (answer(annotation(segments=[[18, 25, 30]])), r"\.segments\[0\]: "),
    "an offset of text": (answer(annotation(segments=[["18", 25]])), r"'18' is not of type 'integer'"),
    "an offset of yes": (answer(annotation(segments=[[True, 25]])), r"True is not of type 'integer'"),
    "an offset with a point": (answer(annotation(segments=[[18.0, 25]])), "must be an integer, not 18.0"),
    "an offset of half": (answer(annotation(segments=[[18.5, 25]])), "not of type 'integer'"),
    "unsorted": (
        answer(annotation(segments=[[22, 25], [18, 20]], surface="ind … Bo")),
        "must start at",
    ),
    "touching": (answer(annotation(segments=[[18, 20], [20, 25]], surface="Bo …  Lind")), "must start at"),
    "a score beyond": (answer(annotation(score=1.01)), r"\.score: 1.01 is greater than"),
    "a score below": (answer(annotation(score=-0.1)), r"\.score: "),
    "a score of text": (answer(annotation(score="high")), r"\.score: "),
    "a score of yes": (answer(annotation(score=True)), r"\.score: True is not of type 'number'"),
    "no score": (answer(annotation(score=None)), r"\.score: "),
    "a label that is none": (answer(annotation(label="<b>")), r"\.label: "),
    "a long label": (answer(annotation(label="a" * 65)), r"\.label: "),
    "an attribute of numbers": (answer(annotation(attributes={"type": 1})), r"\.attributes\.type: "),
    "an attribute without a name": (answer(annotation(attributes={"": "x"})), r"\.attributes: "),
    "a long reason": (answer(annotation(reason="x" * 2001)), r"\.reason: maxLength must be 2000"),
    "a key twice": (answer(annotation(), annotation()), r"annotations\[1\]\.key: 1 is the key of another"),
    "a key of half": (answer(annotation(key=1.5)), r"\.key: "),
    "no key": (answer(annotation(key=None)), r"\.key: "),
    "too many": (answer(*[annotation()] * 10_001), r"\.annotations: maxItems must be 10000"),
}


@pytest.mark.parametrize(("given", "reason"), REFUSED.values(), ids=REFUSED)
def test_an_answer_that_does_not_fit_is_refused_with_place_and_reason(given: Any, reason: str) -> None:
    with pytest.raises(AnswerRefused, match=reason) as refused:
        read(given)
    assert len(str(refused.value)) < 450 and str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("relation", "reason"),
    [
        ({"child": "x"}, r"relations\[0\]\.child: no annotation has the key 'x'"),
        ({"head": "7"}, r"relations\[0\]\.head: no annotation has the key '7'"),
        ({"child": "q"}, r"relations\[0\]: leads from 'q' to itself"),
        ({"score": 2}, r"\.score: "),
        ({"label": None}, r"\.label: "),
        ({"reason": 1}, r"\.reason: "),
        ({"type": "x"}, "'type' was unexpected"),
    ],
)
def test_a_relation_that_does_not_fit_is_refused(relation: dict[str, Any], reason: str) -> None:
    whole = WHOLE["articles"][0]
    changed = answer(*whole["annotations"], relations=[whole["relations"][0] | relation])
    with pytest.raises(AnswerRefused, match=reason):
        read(changed)


def test_one_that_does_not_fit_leaves_none_of_the_others() -> None:
    with pytest.raises(AnswerRefused, match=r"annotations\[1\]"):
        read(answer(annotation(), annotation(key=2, surface="Bo")))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1), st.data())
def test_every_span_of_every_text_comes_through_in_every_unit(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    article = ArticleText(text=text, blocks=())
    unit = data.draw(st.sampled_from(OffsetUnit))
    offsets = OffsetMap(text, unit)
    segment = [offsets.from_code_points(start), offsets.from_code_points(end)]
    sent = answer(annotation(segments=[segment], surface=text[start:end]), offset_unit=unit.value)
    sent["articles"][0]["id"] = article_id(article)
    assert suggestions_in(sent, article).annotations[0].segments == ((start, end),)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 99) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)


@given(JUNK, st.sampled_from(["annotations", "relations", "id", "segments", "key", "attributes", "surface"]))
def test_whatever_stands_in_an_answer_it_is_read_or_refused(junk: Any, place: str) -> None:
    sent = answer(annotation())
    target = sent["articles"][0]
    (target if place in target else target["annotations"][0])[place] = junk
    try:
        found = read(sent)
    except AnswerRefused:
        return
    for one in found.annotations:
        assert all(0 <= segment.start < segment.end <= len(TEXT) for segment in one.segments)


# --- What is asked ------------------------------------------------------------------------------------


@pytest.fixture
def served() -> Any:
    with serving(says(WHOLE)) as served:
        ENDPOINTS["news-model"] = served.endpoint()
        yield served
    del ENDPOINTS["news-model"]


def test_a_server_is_asked_about_one_article_and_its_answer_is_read(served: Any) -> None:
    pipeline = build_pipeline("http", {"endpoint": "news-model", "threshold": 0.5})
    assert pipeline.suggest(ARTICLE) == read(WHOLE)
    (asked,) = served.asked
    assert asked.body == request_for(pipeline, ARTICLE)
    assert asked.body["pipeline"]["configuration"] == {"endpoint": "news-model", "threshold": 0.5}


def test_what_is_asked_fits_its_schema() -> None:
    text = "ANA RUIZ: The bridge is closed.\n\nBO LIND: For how long?\n\nANA RUIZ: Nine weeks.\n"
    article = ArticleText(text=text, blocks=tuple(segment_blocks(text)))
    pipeline = ModelServer(endpoint=Endpoint(name="m", url="http://m/"), configuration={"endpoint": "m"})
    request = request_for(pipeline, article)
    assert REQUEST.check(request) == request
    blocks: Any = request["articles"]
    assert any("name" in block for block in blocks[0]["blocks"]), "the control: names of speakers are sent"
    with pytest.raises(AnswerRefused):
        REQUEST.check({**request, "articles": []})


@pytest.mark.parametrize("shape", [REQUEST, ANSWER, COMPLETION, FINDINGS])
def test_every_schema_is_one(shape: Shape) -> None:
    Draft202012Validator.check_schema(shape.schema)


def objects_in(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for part in schema for found in objects_in(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    return own + [found for part in schema.values() for found in objects_in(part)]


def test_the_schema_for_chats_is_one_that_strict_endpoints_take() -> None:
    """They ask that every property is required and that there are no others."""
    found = objects_in(FINDINGS.schema)
    assert len(found) == 3
    for part in found:
        assert part["additionalProperties"] is False
        assert sorted(part["required"]) == sorted(part["properties"])
