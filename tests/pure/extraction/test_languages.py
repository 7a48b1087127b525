"""Languages: chosen by the tag of an article, read from two files, and what is done without a lexicon."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.extraction.languages import ENGLISH, LanguageError, language_of, read_language
from annotations.extraction.learned import reading as learned
from annotations.extraction.passages import read_passages
from annotations.extraction.rules import Rules
from annotations.extraction.words import PREPOSITIONS
from tests.growth import grows_no_faster
from tests.pure.extraction.marked import article, quotes_in, quotes_of, suggest, unmark
from tests.pure.extraction.test_rules import check, seconds

GERMAN = "Holm sagte, dass die Mole alt sei."
QUOTED = "„Wir bleiben hier“, sagte Holm an der „Alten Mole“."

#: A language that nobody speaks: its verb stands second, its commas before clauses, its nouns are small.
MADE_UP = """
# Little words.
the: ka, ko
that: zu
of: li
is: ni
was: nu
not: bo
he: ul
and: da
# Reporting words.
said: tolu, tolun
yesterday: vesta
said: mira … fe
warned: gorat
according to: sel on
"""


@pytest.fixture
def made_up(tmp_path):
    folder = tmp_path / "qqa"
    folder.mkdir()
    (folder / "glosses.txt").write_text(MADE_UP, "utf-8")
    (folder / "grammar.txt").write_text("[traits]\nverb-second commas-before-clauses\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "marked",
    [
        "[s Ida Holm] [c tolu], [i zu ka mool ni tera].",
        "Vesta [c tolu] [s Ida Holm], [i zu ka mool ni tera].",
        "[d “Ka mool ni tera,”] [c tolun] [s ul].",
        "[s Ida Holm] [c mira] Vesta fe, [i zu ka mool bo ni tera].",
        "[c Sel on] [s Ida Holm] [i ka mool nu tera].",
        "Ka mool ni tera da tolun.",
    ],
)
def test_a_language_that_nobody_speaks_works_from_its_two_files_alone(made_up, marked):
    text, expected = unmark(marked)
    found = Rules(lexicons=made_up).suggest(article(text, language="qqa-Latn"))
    assert quotes_of(found) == expected


def test_without_its_files_the_same_language_has_quotation_marks_alone():
    text, expected = unmark("[d “Ka mool ni tera,”] tolun ul. Ida Holm tolu, zu ka mool ni tera.")
    assert quotes_in(text, "qqa") == expected


@pytest.mark.parametrize("tag", ["de", "DE", "de-AT", "de_CH", " de-Latn-DE "])
def test_the_primary_subtag_of_an_article_chooses_its_language(tag):
    assert language_of(tag).code == "de"
    assert [kind for kind, _ in quotes_in(GERMAN, tag)] == ["indirect"]


@pytest.mark.parametrize("tag", ["en", "en-GB", "", "EN"])
def test_english_is_read_for_english_and_where_no_language_is_named(tag):
    assert language_of(tag) is ENGLISH
    assert quotes_in(GERMAN, tag) == []


@pytest.mark.parametrize("tag", ["fr", "xx-YY", "../de", "de/..", "..", "und", "\x00", "é" * 300])
def test_a_language_without_a_lexicon_has_its_quotations_and_says_why(tag):
    found = suggest(QUOTED, language=tag).annotations
    assert [(row.label, row.segments[0].of(QUOTED)) for row in found] == [("quote", "„Wir bleiben hier“")]
    assert "quotation marks alone; there is no lexicon for the language" in found[0].reason


def test_the_learner_sees_german_as_the_rules_do():
    (page,) = learned.read(article(GERMAN, language="de")).pages
    assert page.verbs == [(1, 2)]
    assert [(found.first, found.last) for found in page.quotes] == [(3, 8)]


def test_claims_are_weighed_in_english_alone():
    text = "Die Mole kostete im Jahr 2020 rund 40 Prozent mehr als 2019."
    assert suggest(text, language="de").annotations == ()
    english = "The pier cost 40 percent more in 2020 than in 2019."
    assert [row.label for row in suggest(english).annotations] == ["claim"]


def test_tokens_keep_their_place_and_their_text_and_no_german_word_is_taken_for_an_english_one():
    text = "Also kam Not an den Mann, die Art war fast so alt wie der Rat, in dem man list und man fast will."
    (passage,) = read_passages(article(text, language="de"))
    assert all(text[token.start : token.end] == token.text for token in passage.tokens if token.text in text)
    lows = {token.text: token.low for token in passage.tokens}
    assert lows["fast"] not in {"fast"}
    assert lows["list"] == "list°"
    assert lows["in"] in PREPOSITIONS
    assert lows["Mann"] == "mann"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("glosses.txt", "said (near a noun): sagte"),
        ("glosses.txt", "said: "),
        ("glosses.txt", "according to: laut"),
        ("grammar.txt", "[mood]\nsei"),
        ("grammar.txt", "[traits]\nverb-third"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path, name, line):
    (tmp_path / "glosses.txt").write_text("said: sagte\n", "utf-8")
    assert read_language(tmp_path).known
    (tmp_path / name).write_text(line, "utf-8")
    with pytest.raises(LanguageError, match=name.replace(".", r"\.")):
        read_language(tmp_path)


WORDS = {
    *[
        "sagte",
        "teilte",
        "mit",
        "dass",
        "die",
        "der",
        "Holm",
        "Mole",
        "laut",
        "nach",
        "Angaben",
        "zufolge",
        "sei",
        "habe",
        "er",
        "und",
        "wie",
        "hat",
        "gesagt",
        "man",
    ],
    *[
        "alte",
        "nicht",
        "an",
        "gab",
        "bekannt",
        "ob",
        "wenn",
        "Der",
        "so",
        ",",
        ".",
        ":",
        "„",
        "“",
        "»",
        "«",
        "„Nein“",
        "—",
        "(",
        ")",
    ],
    "\n",
}


@given(st.lists(st.sampled_from(sorted(WORDS)), max_size=60).map(" ".join))
def test_any_order_of_german_words_gives_suggestions_that_fit(text):
    result = suggest(text, language="de")
    check(text, result)
    assert suggest(text, language="de") == result


@given(st.text(), st.sampled_from(["de", "fr"]))
def test_any_text_of_any_language_gives_suggestions_that_fit(text, language):
    check(text, suggest(text, language=language))


@pytest.mark.parametrize(
    "unit",
    [
        "teilte die Mole ",
        "teilte Holm mit, ",
        "laut Holm, ",
        "nach Angaben der Mole der ",
        "Zeugen zufolge ",
        "so Holm, ",
        "alte ",
        "Holm sei alt. ",
        "der die das, ",
        "wie er sagte, ",
        "er hat ",
    ],
)
def test_time_grows_with_the_length_of_a_hostile_german_text_and_not_faster(unit):
    def taken(length: int) -> float:
        return seconds((unit * (length // len(unit) + 1))[:length], "de")

    assert grows_no_faster(taken, 6_000, 24_000, factor=12, floor=0.05)
