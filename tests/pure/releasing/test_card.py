"""The card byte by byte, its head read by a real parser, and names that try to break out of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from annotations.releasing.card import (
    AgreementFigure,
    CardFigures,
    FileFigures,
    LicenceFigures,
    SourceFigures,
    SplitFigures,
    card_head,
    data_card,
)
from annotations.releasing.features import record_features

GOLDEN = Path(__file__).parent / "golden" / "card.md"


def split(name: str, articles: int, stories: int | None, quotes: int) -> SplitFigures:
    return SplitFigures(
        name=name,
        file=f"{name}.jsonl",
        articles=articles,
        stories=stories,
        annotations={"quote": quotes, "attribution": quotes - 1},
        attributes={"quote": {"type": {"direct": quotes - 2, "indirect": 2}}},
        relations={"source": quotes - 1},
    )


def figures(**more: Any) -> CardFigures:
    given: dict[str, Any] = {
        "name": "Harbour 1",
        "corpus": "harbour",
        "description": "What the council said of the wall.",
        "layer": "gold",
        "made_at": "2026-11-22T12:00:00+00:00",
        "seed": "7",
        "event_position": 40_711,
        "after": "Harbour 0",
        "splits": [
            split("train", 1_200, 900, 5_000), split("dev", 150, 110, 620), split("test", 150, 113, 600),
        ],
        "labels": {"quote": "What was said.", "attribution": "The words that name the source."},
        "guideline": 3,
        "guideline_text": "guideline.md",
        "people": 4,
        "adjudicators": 2,
        "passes": {1: 900, 2: 550, 3: 50},
        "passes_shown": 1_800,
        "passes_unaided": 350,
        "pipelines": ["rules@3"],
        "sources": [
            SourceFigures(outlet="Harbour Post", articles=1_400, first="2024-01-02", last="2026-10-31"),
            SourceFigures(outlet="", articles=100),
        ],
        "languages": {"en": 1_400, "de-AT": 90, "": 10},
        "agreement": [
            AgreementFigure(
                shown=False, label="quote", statistic="F1, overlapping", value=0.8712, low=0.84, high=0.9,
                articles=120,
            ),
            AgreementFigure(
                shown=False, label="quote", statistic="Fleiss' kappa", value=None, low=None, high=None,
                articles=120,
            ),
            AgreementFigure(
                shown=True, label="quote", statistic="F1, overlapping", value=0.95, low=None, high=None,
                articles=9,
            ),
        ],
        "licences": [
            LicenceFigures(licence="CC-BY-4.0", with_text=1_000, without_text=0),
            LicenceFigures(licence="by agreement, text not", with_text=0, without_text=450),
            LicenceFigures(licence="", with_text=50, without_text=0),
        ],
        "redacted": 12,
        "redacted_stretches": 41,
        "withheld": 450,
        "erased": 1,
        "left_out": {"articles that are not gold": 300},
        "files": [FileFigures(path="train.jsonl", size=12_345_678, sha256="ab" * 32)],
        "limits": ["Sport was left out."],
    }  # fmt: skip
    return CardFigures(**{**given, **more})


def head_of(card: str) -> tuple[dict[str, Any], str]:
    """Return what the head says, which ends at the first line that is `---`, and the Markdown behind it."""
    lines = card.split("\n")
    assert lines[0] == "---"
    end = lines.index("---", 1)
    return yaml.safe_load("\n".join(lines[1:end])), "\n".join(lines[end + 1 :])


def shape(body: str) -> tuple[list[str], list[str]]:
    """Return the elements of the Markdown in their order, and the words of each line of it."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(body)
    kinds, words = [], []
    for token in tokens:
        kinds.append(token.type)
        children = token.children or []
        kinds += [child.type for child in children if child.type not in ("text", "text_special")]
        if token.type == "inline":
            words.append("".join(child.content for child in children))
    return kinds, words


def test_a_card_is_what_it_was_byte_by_byte() -> None:
    card = data_card(figures())
    if not GOLDEN.exists():
        GOLDEN.write_text(card, encoding="utf-8")
        pytest.fail("the golden card was missing and is written now: read it, then commit it")
    assert card.encode() == GOLDEN.read_bytes()


def test_the_head_says_what_loaders_ask_for() -> None:
    head, _ = head_of(data_card(figures()))
    assert head == card_head(figures())
    assert head["language"] == ["de", "en"]
    assert head["size_categories"] == ["1K<n<10K"]
    assert head["configs"][0]["data_files"][0] == {"split": "train", "path": "train.jsonl"}
    assert head["dataset_info"] == {"features": record_features(["type"])}
    assert "dataset_info" not in card_head(figures(native=False))


@pytest.mark.parametrize(
    ("licences", "said"),
    [
        ([], {"license": "unknown"}),
        ([""], {"license": "unknown"}),
        (["CC-BY-4.0"], {"license": "cc-by-4.0"}),
        (["MIT", " odbl-1.0 "], {"license": ["mit", "odbl"]}),
        (["MIT", ""], {"license": "other", "license_name": "by-article"}),
        (["MIT", "by agreement"], {"license": "other", "license_name": "by-article"}),
    ],
)
def test_the_head_names_licences_that_loaders_know(licences: list[str], said: dict[str, Any]) -> None:
    rows = [LicenceFigures(licence=licence, with_text=1, without_text=0) for licence in licences]
    head = card_head(figures(licences=rows))
    assert {name: value for name, value in head.items() if name.startswith("license")} == said


def test_a_release_of_nothing_has_a_card() -> None:
    empty = figures(
        splits=[], labels={}, guideline=None, passes={}, passes_shown=0, passes_unaided=0, pipelines=[],
        sources=[], languages={}, agreement=[], licences=[], left_out={}, files=[], after="", description="",
    )  # fmt: skip
    head, body = head_of(data_card(empty))
    assert "configs" not in head and head["size_categories"] == ["n<1K"]
    assert "nan" not in body and "None" not in body


NAMES = st.one_of(
    st.text(max_size=20),
    st.lists(
        st.sampled_from(
            [
                *(
                    "|",
                    "\\",
                    "\n",
                    "\r\n",
                    "---",
                    "\n---\n",
                    "\n## x",
                    "`",
                    "```",
                    "<b>",
                    "</table>",
                    "<!--",
                    "&lt;",
                ),
                *(
                    "[a](javascript:x)",
                    "![x](y)",
                    "*",
                    "__",
                    "~~",
                    "$x$",
                    "https://x.example",
                    "| --- |",
                    "\u2028",
                ),
                *(
                    "\x85",
                    "\ufeff",
                    "\u202e",
                    "{{x}}",
                    "!!python/object:x",
                    ": ",
                    "- ",
                    "#",
                    "'",
                    '"',
                    "%",
                    "@a",
                ),
                *("1. ", "> ", "    ", "\t", "a", "👩🏽‍🔧", "\x00", "null", "yes", "~"),
            ]
        ),
        max_size=6,
    ).map("".join),
)


def hostile(name: str, other: str) -> CardFigures:
    """Return figures with these names in every place that takes words."""
    return figures(
        name=f"x{name}", corpus=f"x{name}", description=f"x{other}", seed=f"x{name}", after=f"x{other}",
        sources=[SourceFigures(outlet=f"x{name}", articles=2), SourceFigures(outlet=f"x{other}", articles=1)],
        licences=[LicenceFigures(licence=f"x{other}", with_text=1, without_text=0)],
        languages={f"x{other}": 1}, pipelines=[f"x{name}"], labels={"quote": f"x{other}"},
        left_out={f"x{name}": 1}, limits=[f"x{other}"], agreement=[],
        splits=[replace(split("train", 9, 9, 9), file=f"x{other}.jsonl")],
    )  # fmt: skip


def seen(words: str) -> str:
    """Return what of some words is to be seen, without spaces."""
    return "".join(sign for sign in words if sign.isprintable() and not sign.isspace())


def as_with_plain_names(name: str, other: str) -> bool:
    """Tell whether a card with these names has the elements of one with plain names, and the same words."""
    kinds, words = shape(head_of(data_card(hostile(name, other)))[1])
    plain, places = shape(head_of(data_card(hostile("FIRST", "OTHER")))[1])
    expected = [
        seen(line).replace("xFIRST", seen(f"x{name}")).replace("xOTHER", seen(f"x{other}")) for line in places
    ]
    return kinds == plain and list(map(seen, words)) == expected


@settings(max_examples=80)
@given(NAMES, NAMES)
def test_no_name_breaks_out(name: str, other: str) -> None:
    head, _ = head_of(data_card(hostile(name, other)))
    assert head["pretty_name"] == f"x{name}"
    assert head["configs"][0]["data_files"][0]["path"] == f"x{other}.jsonl"
    assert as_with_plain_names(name, other)


def test_a_name_that_breaks_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert as_with_plain_names("plain", "a | b")
    monkeypatch.setattr("annotations.releasing.card._line", lambda words: words)
    for name in ("a | b", "a\n\n## b", "<b>", "`x`", "*x*", "&lt;"):
        assert not as_with_plain_names(name, "plain"), name
