"""Rules from a guideline's text, what differs between two versions, and whom that touches."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.guidelines import (
    Difference,
    Rule,
    Stays,
    affected_by,
    compare_guides,
    labels_named,
    parse_guide,
    word_difference,
)
from corpus.schemes import default_scheme
from tests.growth import grows_no_faster

OWN = (Path(__file__).parents[3] / "docs" / "guideline.md").read_text(encoding="utf-8")
BEFORE = """Read first.

## Quotes
R1. What is said.
R2. The type: direct or not.

## Claims
R3. Evidence could refute it.
## Deciding
R4. When unsure, skip.
"""


def changed(*replacements: tuple[str, str]) -> str:
    after = BEFORE
    for old, new in replacements:
        assert old in after
        after = after.replace(old, new)
    return after


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("R1 first\nR2 second", ["R1", "R2"]),
        ("R1. first\r\n  R2) second", ["R1", "R2"]),
        ("- R1: first\n- R2: second", ["R1", "R2"]),
        ("**R1. First.** more\n\n**R2** second", ["R1", "R2"]),
        ("### R1 – First\nwords\n### Rule R2\n", ["R1", "R2"]),
        ("QA12a. one", ["QA12a"]),
        # Where rules have letters, a list inside of one is no rule; a number that comes again is a reference.
        ("R1. These:\n1. one\n2. two\nR2. x\nR1. and R2. hold here too", ["R1", "R2"]),
        ("1. one\n2) two\n 3.1: three", ["1", "2", "3.1"]),
        ("In 2020. it was so\n2020. A year\nNo rule (R1) here", []),
        ("", []),
    ],
)
def test_rules_are_found_by_their_numbers(text: str, numbers: list[str]) -> None:
    assert [rule.number for rule in parse_guide(text).rules] == numbers


def test_our_own_guideline_has_its_rules_under_their_headings() -> None:
    rules = {rule.number: rule for rule in parse_guide(OWN).rules}
    assert list(rules) == [f"R{number}" for number in range(1, 22)]
    assert (rules["R1"].heading, rules["R13"].heading, rules["R21"].heading) == (
        "Quotes",
        "Claims",
        "Deciding",
    )
    assert rules["R1"].text.endswith("the reporter's own questions.")


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("A quote is speech.", {"quote"}),
        ("Claims and Quotes overlap.", {"quote", "claim"}),
        ("The quotation marks of a quoted word", None),
        ("Leave the source empty.", {"quote", "claim", "attribution"}),
        ("The cue.", {"cue"}),
        ("No quote at all. Labels: claim", {"claim"}),
        ("Of quotes. *Labels: claim, attribution and cue.*", {"claim", "attribution", "cue"}),
        ("How to work with a quote. Labels: none", set()),
        ("Labels: all", {"claim", "quote", "attribution", "cue"}),
        # What names no label of the scheme is no marker.
        ("A quote. Labels: are put on words", {"quote"}),
        ("Read to the end.", None),
    ],
)
def test_a_rule_names_labels_by_its_words_or_says_which(rule: str, named: object) -> None:
    found = labels_named(Rule(number="R1", heading="", text=rule), default_scheme())
    assert (found if found is None else set(found)) == named


def test_a_rule_that_names_none_has_those_of_its_heading() -> None:
    rule = Rule(number="R1", heading="Claims", text="A fact.")
    assert labels_named(rule, default_scheme()) == frozenset({"claim"})


@pytest.mark.parametrize(
    ("after", "differences", "labels", "unclear"),
    [
        (BEFORE, [], (), ()),
        (changed(("said.\n", "said.  \r\n")), [], (), ()),
        (changed(("direct or not", "direct")), [("R2", "changed")], ("quote",), ()),
        (changed(("refute", "confirm")), [("R3", "changed")], ("claim",), ()),
        (changed(("R3. Evidence could refute it.\n", "")), [("R3", "removed")], ("claim",), ()),
        (changed(("it.\n", "it.\nR5. A new one.\n")), [("R5", "added")], ("claim",), ()),
        (
            changed(("skip.", "ask.")),
            [("R4", "changed")],
            ("claim", "quote", "attribution", "cue"),
            ("R4",),
        ),
        # A rule that goes elsewhere in the guideline says something else there.
        (
            changed(("R2. The type: direct or not.\n", ""), ("it.\n", "it.\nR2. The type: direct or not.\n")),
            [("R2", "changed")],
            ("claim", "quote"),
            (),
        ),
        # A rule put in moves the numbers on; only what it says itself is new.
        (
            changed(
                ("R2.", "R3."),
                ("R3. Evid", "R4. Evid"),
                ("R4. When", "R5. When"),
                ("said.", "said.\nR2. In full."),
            ),
            [("R2", "added"), ("R3", "renumbered"), ("R4", "renumbered"), ("R5", "renumbered")],
            ("quote",),
            (),
        ),
    ],
)
def test_versions_differ_by_their_rules(
    after: str, differences: list[tuple[str, str]], labels: tuple[str, ...], unclear: tuple[str, ...]
) -> None:
    changes = compare_guides(parse_guide(BEFORE), parse_guide(after))
    assert [(change.number, change.difference) for change in changes.rules] == differences
    assert not changes.outside
    found = affected_by(changes, default_scheme())
    assert (found.labels, found.unclear, found.cannot_tell) == (labels, unclear, False)


def test_words_outside_of_rules_touch_nothing_unless_there_are_no_rules() -> None:
    changes = compare_guides(parse_guide(BEFORE), parse_guide("Then. " + BEFORE))
    assert changes.outside
    assert affected_by(changes, default_scheme()).labels == ()
    found = affected_by(compare_guides(parse_guide("Be kind."), parse_guide("Be quick.")), default_scheme())
    assert found.cannot_tell
    assert len(found.labels) == 4


def test_a_change_shows_word_by_word() -> None:
    words = word_difference("R2. direct or mixed.", "R2. direct, or mixed!")
    assert "".join(part.text for part in words if part.stays != Stays.ADDED) == "R2. direct or mixed."
    assert "".join(part.text for part in words if part.stays != Stays.REMOVED) == "R2. direct, or mixed!"
    assert (Stays.SAME, " or mixed") in [(part.stays, part.text) for part in words]
    assert [Difference.ADDED.value] == [
        change.difference for change in compare_guides(parse_guide(""), parse_guide("R1. x")).rules
    ]


@pytest.mark.parametrize(
    "write",
    [
        lambda size: "R1. " + "a " * size,
        lambda size: "\n".join(f"R{number} x" for number in range(size // 16)),
        lambda size: "#" * size,
        lambda size: " " * size,
        lambda size: "labels: " + "a, " * size,
        lambda size: "*" * size,
        lambda size: "# " * size,
    ],
    ids=["words", "rules", "headings", "blank", "labels", "stars", "empty headings"],
)
def test_a_guideline_four_times_as_long_takes_about_four_times_as_long(write: Callable[[int], str]) -> None:
    def seconds(size: int) -> float:
        text = write(size)
        start = time.process_time()
        changes = compare_guides(parse_guide(text), parse_guide(text.replace("a", "b").replace("x", "y")))
        affected_by(changes, default_scheme())
        taken = time.process_time() - start
        assert all(change.words for change in changes.rules)
        return taken

    assert grows_no_faster(seconds, 30_000, 120_000, factor=8, floor=0.05)
