"""The pipeline "chat" on a server that answers as language models do, well and badly."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from annotations.extraction import build_pipeline
from annotations.extraction.base import ArticleText, Suggestion, Suggestions
from annotations.extraction.remote.chat_pipeline import BUDGET, MOST_FINDINGS, pieces_of
from annotations.extraction.remote.client import AnswerRefused, EndpointFailed
from annotations.extraction.remote.endpoints import ENDPOINTS
from annotations.extraction.remote.shapes import FINDINGS
from corpus.text.blocks import Block, BlockKind, segment_blocks
from tests.pure.extraction.remote.serving import Answer, Served, says, serving

TEXT = (
    "Share this page\n\n"
    "🛥 “We sail,” said Bo Lind, the harbour master. “On Monday.”\n\n"
    "Lind added that the quay’s repair cost 12 million.\n"
)


def article(text: str = TEXT) -> ArticleText:
    blocks = []
    for block in segment_blocks(text):
        kind = BlockKind.FURNITURE if text[block.start :].startswith("Share") else BlockKind.BODY
        blocks.append(Block(start=block.start, end=block.end, kind=kind))
    return ArticleText(text=text, blocks=tuple(blocks))


def quote(**other: Any) -> dict[str, Any]:
    return {
        "sentence": "“We sail,” said Bo Lind, the harbour master. “On Monday.”",
        "words": ["“We sail,”", "“On Monday.”"],
        "type": "direct",
        "source": "Bo Lind, the harbour master",
        "cue": "said",
    } | other


def claim(**other: Any) -> dict[str, Any]:
    return {
        "sentence": "Lind added that the quay’s repair cost 12 million.",
        "words": "the quay’s repair cost 12 million",
        "source": "Lind",
    } | other


def completion(content: Any, **choice: Any) -> dict[str, Any]:
    words = content if isinstance(content, str) else json.dumps(content)
    message = {"role": "assistant", "content": words}
    return {"id": "x", "choices": [{"index": 0, "finish_reason": "stop", "message": message} | choice]}


def finds(*quotes: Any, claims: Any = ()) -> Answer:
    return says(completion({"quotes": list(quotes), "claims": list(claims)}))


def ask(served: Served, text: str = TEXT, **configuration: Any) -> Suggestions:
    ENDPOINTS["llm"] = served.endpoint()
    pipeline = build_pipeline("chat", {"endpoint": "llm", "model": "m-1"} | configuration)
    return pipeline.suggest(article(text))


@pytest.fixture(autouse=True)
def forget_endpoints() -> Iterator[None]:
    yield
    ENDPOINTS.pop("llm", None)


def told(answer: Answer, text: str = TEXT) -> list[tuple[str, list[str]]]:
    """Return the labels and words that are suggested after that answer."""
    with serving(answer) as served:
        return words_of(ask(served, text), text)


def words_of(found: Suggestions, text: str = TEXT) -> list[tuple[str, list[str]]]:
    return [(one.label, [segment.of(text) for segment in one.segments]) for one in found.annotations]


def suggested(answer: Answer, label: str) -> list[Suggestion]:
    with serving(answer) as served:
        return [one for one in ask(served).annotations if one.label == label]


def refused(answer: Answer) -> str:
    with serving(answer) as served, pytest.raises(AnswerRefused) as error:
        ask(served)
    return str(error.value)


QUOTE = ("quote", ["“We sail,”", "“On Monday.”"])


def test_what_a_model_names_becomes_suggestions_with_their_links() -> None:
    with serving(finds(quote(), claims=[claim()])) as served:
        found = ask(served)
    assert words_of(found) == [
        QUOTE,
        ("cue", ["said"]),
        ("attribution", ["Bo Lind, the harbour master"]),
        ("attribution", ["Lind"]),
        ("claim", ["the quay’s repair cost 12 million"]),
    ]
    assert found.annotations[0].attributes == {"type": "direct"}
    assert found.annotations[0].reason == "named by the model m-1"
    assert found.annotations[3].segments[0].start == TEXT.index("Lind added")
    links = [(link.label, link.head, link.child) for link in found.relations]
    assert links == [("cue", 0, 1), ("source", 0, 2), ("source", 4, 3)]


def test_the_model_is_asked_for_an_answer_of_that_shape_and_nothing_of_furniture() -> None:
    with serving(finds()) as served:
        assert ask(served, options={"seed": 7}) == Suggestions()
    (asked,) = served.asked
    assert asked.body["model"] == "m-1" and asked.body["seed"] == 7 and "temperature" not in asked.body
    shape = asked.body["response_format"]
    assert (shape["type"], shape["json_schema"]["strict"]) == ("json_schema", True)
    assert shape["json_schema"]["schema"] == FINDINGS.schema
    system, user = asked.body["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    assert "We sail" in user["content"] and "Share" not in user["content"]


def test_without_options_the_model_is_asked_for_its_first_word() -> None:
    with serving(finds()) as served:
        ask(served)
    assert served.asked[0].body["temperature"] == 0


def test_words_that_touch_are_one_segment() -> None:
    assert told(finds(quote(words=["“We", " sail,”", "“On Monday.”"])))[0] == (
        "quote",
        ["“We", "sail,”", "“On Monday.”"],
    )
    assert told(finds(quote(words=["“", "We sail,”", "“On Monday.”"])))[0] == QUOTE


# --- Words that are not quite there ------------------------------------------------------------------


def test_other_marks_and_spaces_are_the_words_of_the_text_all_the_same() -> None:
    sloppy = quote(
        words=['"We  sail,"', '"On Monday."'], sentence='"We sail," said Bo Lind, the harbour master.'
    )
    assert told(finds(sloppy))[0] == QUOTE
    one = suggested(finds(sloppy), "quote")[0]
    assert one.reason == "named by the model m-1, with other marks or spaces"
    assert one.score < suggested(finds(quote()), "quote")[0].score


def test_invented_words_are_dropped_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    invented = [quote(words=["“We sink,”"]), quote(words=["“We sail,”", "“On Tuesday.”"]), quote(words=[])]
    answer = finds(quote(source="Ann Ost"), *invented, claims=[claim(words="the repair cost 13 million")])
    assert told(answer) == [QUOTE, ("cue", ["said"])]
    reason = suggested(answer, "quote")[0].reason
    assert reason.endswith("; 5 of the 7 wordings that it named here are not in the text")
    assert "5 of 7 wordings of m-1 are not in the text" in caplog.text


def test_words_of_furniture_are_not_in_the_text() -> None:
    assert told(finds(claims=[claim(words="Share this page", sentence="Share this page")])) == []


def test_offsets_that_a_model_makes_up_are_not_even_read() -> None:
    assert "'start' were unexpected" in refused(finds(quote(start=0, end=10)))


def test_a_sentence_that_comes_twice_gives_two_quotes_and_no_third() -> None:
    text = "“It rains,” said Bo. Ann left.\n\n“It rains,” said Bo.\n"
    one = quote(sentence="“It rains,” said Bo.", words=["“It rains,”"], source="Bo")
    with serving(finds(one, one, one)) as served:
        found = ask(served, text)
    quotes = [one.segments[0].start for one in found.annotations if one.label == "quote"]
    assert quotes == [0, text.rindex("“It")]
    sources = {link.head: link.child for link in found.relations if link.label == "source"}
    placed = [found.annotations[child].segments[0].start for child in sources.values()]
    assert placed == [text.index("Bo"), text.rindex("Bo")], "each has the source beside it"


def test_words_away_from_the_sentence_that_was_given_rank_low() -> None:
    away = claim(sentence="“We sail,” said Bo Lind, the harbour master.")
    (one,) = suggested(finds(claims=[away]), "claim")
    assert "away from the sentence that it gave" in one.reason and one.score == 0.5


# --- Answers that are none ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"choices": []}, r"$.choices: "),
        ({}, "'choices' is a required"),
        ({"choices": [{"message": {"content": 1}}]}, "1 is not of type"),
        (completion("", finish_reason="stop"), "the model says nothing"),
        (completion("", message={"content": None}), "the model says nothing"),
        (completion("", message={"refusal": "I can’t\x1b help"}), "the model refuses: I can’t  help"),
        (completion('{"quotes": [', finish_reason="length"), "cut off at its limit of tokens"),
        (completion('{"quotes": ['), "is not JSON"),
        (completion('```json\n{"quotes": [], "claims": []}\n```'), "is not JSON"),
        (completion("Sure! Here are the quotes."), "is not JSON"),
        (completion('{"quotes": [], "claims": [], "claims": []}'), "comes twice"),
        (completion('{"quotes": ["\\u0000"], "claims": []}'), "NUL"),
        (completion({"quotes": []}), "'claims' is a required"),
        (completion({"quotes": [{"words": []}], "claims": []}), "$.quotes[0]: "),
        (completion({"quotes": [quote(type="shouted")], "claims": []}), "$.quotes[0].type: 'shouted'"),
        (completion({"quotes": [quote(words="“We sail,”")], "claims": []}), "$.quotes[0].words: "),
        (completion({"quotes": [], "claims": [claim()] * (MOST_FINDINGS + 1)}), "more than 200"),
    ],
)
def test_an_answer_that_cannot_be_used_says_why(answer: Any, reason: str) -> None:
    said = refused(says(answer))
    assert reason in said and said.isprintable()


def test_a_piece_that_fails_leaves_nothing_of_the_others() -> None:
    text = "\n\n".join([f"Bo said {number}. " + "x" * 7_000 for number in range(2)])
    with serving(finds(), says({"choices": []})) as served, pytest.raises(AnswerRefused):
        ask(served, text)
    assert len(served.asked) == 2


def test_an_endpoint_that_takes_no_schema_says_so() -> None:
    answer = says({"error": {"message": "response_format is not supported"}}, status=400)
    with serving(answer) as served, pytest.raises(EndpointFailed, match="400: response_format is not supp"):
        ask(served)


# --- Long articles -----------------------------------------------------------------------------------


def test_a_long_article_is_cut_at_its_paragraphs_and_its_offsets_stay() -> None:
    filler = "The tide came in, and the tide went out again. " * 100
    text = "\n\n".join([filler, filler, filler, "“We sail,” said Bo Lind."])
    late = quote(sentence="“We sail,” said Bo Lind.", words=["“We sail,”"], source="Bo Lind")
    with serving(finds(), finds(late)) as served:
        found = ask(served, text)
    assert len(served.asked) == 2
    assert all(len(one.body["messages"][1]["content"]) <= BUDGET + 10 for one in served.asked)
    assert words_of(found, text)[0] == ("quote", ["“We sail,”"])
    assert found.annotations[0].segments[0].start == text.index("“We sail,”") > BUDGET


@pytest.mark.parametrize(
    "text",
    [
        "One. Two two. Three three three.",
        "One.\n\nTwo.\n\nThree.",
        "wordwithoutanendtoit" * 9,
        "A sentence that is much longer than the budget is. Short.",
    ],
)
def test_pieces_hold_the_budget_and_leave_out_nothing(text: str) -> None:
    pieces = list(pieces_of(article(text), budget=20))
    stretches = [stretch for piece in pieces for stretch in piece]
    assert all(sum(end - start for start, end in piece) <= 20 for piece in pieces)
    assert stretches == sorted(stretches)
    assert "".join("".join(stretch.of(text) for stretch in stretches).split()) == "".join(text.split())


def test_nothing_to_read_asks_nobody() -> None:
    with serving(finds()) as served:
        assert ask(served, "Share this page\n") == Suggestions()
    assert not served.asked
    assert list(pieces_of(ArticleText(text="", blocks=()))) == []
