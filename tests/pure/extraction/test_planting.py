"""What is planted is wrong by a rule of the guideline, and where nothing is, nothing is found."""

import pytest

from annotations.extraction.base import ArticleText
from annotations.extraction.planting import wrong_suggestions
from corpus.text.blocks import segment_blocks


def found(text: str, language: str = "en") -> list[tuple[str, str]]:
    article = ArticleText(text=text, language=language, blocks=tuple(segment_blocks(text)))
    return [(one.label, one.segments[0].of(text)) for one in wrong_suggestions(article)]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("She sold a thousand of her novel “Low Water” in May.", [("quote", "“Low Water”")]),
        ("The so-called “bread tax” was lifted in May.", [("quote", "“bread tax”")]),
        (
            "Who in this town would miss the old pier?",
            [("claim", "Who in this town would miss the old pier")],
        ),
        (
            "The council should think again about the pier.",
            [("claim", "The council should think again about the pier")],
        ),
        ("“We will sail,” said Bo Lind of the ferry.", []),
        ("The council, which lost 4 million, should think again.", []),
        ("The pier was closed in 2024 by the council.", []),
        ("He called the plan “a toy” and left.", []),
    ],
)
def test_only_what_breaks_a_rule_is_found(text: str, wrong: list[tuple[str, str]]) -> None:
    assert found(text) == wrong


def test_in_other_languages_only_questions_are() -> None:
    text = "Wer will diese alte Mole denn noch haben? Der Rat sollte neu nachdenken, meint er."
    assert found(text, "de") == [("claim", "Wer will diese alte Mole denn noch haben")]
