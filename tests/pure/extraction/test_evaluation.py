"""The figures of quotes, worked out by hand, and the bootstrap on cases whose answer is known."""

import importlib.util
import json
from collections import Counter
from pathlib import Path

import pytest

from annotations.extraction.base import ArticleText, Suggestions
from annotations.extraction.draft import Draft
from annotations.extraction.evaluation import (
    Evaluation,
    Piece,
    evaluate,
    found_f1,
    is_speech,
    judged,
    paired_bootstrap,
    pieces_of,
)
from annotations.extraction.learned.examples import example_of
from annotations.extraction.rules import Rules
from corpus.text.spans import Span
from tests.pure.extraction.lessons import invent_lesson

EVAL = Path(__file__).parents[4] / "shared" / "eval"
TEXT = "“We stay,” Mara Voss said. Ilya Brandt warned that all three boats were lost. Nobody thought of it."


def span(words):
    start = TEXT.index(words)
    return {"start": start, "end": start + len(words)}


def quote(words, kind="indirect", speaker=None, cue=None, **more):
    links = {"speaker": speaker and span(speaker), "cue": cue and span(cue)}
    return {**span(words), "type": kind, **links, **more}


DIRECT = quote("“We stay,”", "direct", "Mara Voss", "said")
INDIRECT = quote("all three boats were lost", "indirect", "Ilya Brandt", "warned")


def figures(found, gold, **options):
    predicted = example_of({"text": TEXT, "quotes": found}).gold
    return evaluate([predicted], [example_of({"text": TEXT, "quotes": gold})], **options).figures()


def test_what_is_the_same_is_right_in_every_figure():
    same = figures([DIRECT, INDIRECT], [DIRECT, INDIRECT])
    assert same.exact == same.trimmed == same.found == same.attributed == (1.0, 1.0, 1.0)
    assert same.source_right == same.cue_right == same.recall("direct") == 1.0


def test_one_of_two_found_is_half_the_recall():
    half = figures([DIRECT], [DIRECT, INDIRECT])
    assert half.found == (1.0, 0.5, pytest.approx(2 / 3))
    assert (half.recall("direct"), half.recall("indirect"), half.recall("mixed")) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("words", "found", "trimmed", "exact"),
    [
        ("that all three boats were lost", 1, 0, 0),  # 5 of 6 tokens
        ("all three boats were lost.", 1, 1, 0),
        ("boats were lost", 1, 0, 0),  # 3 of 5
        ("were lost. Nobody", 0, 0, 0),  # 2 of 7
    ],
)
def test_boundaries_count_by_half_of_the_tokens(words, found, trimmed, exact):
    result = figures([quote(words)], [INDIRECT])
    assert (result.found.f1, result.trimmed.f1, result.exact.f1) == (found, trimmed, exact)


@pytest.mark.parametrize(
    ("speaker", "right"),
    [
        ("Ilya Brandt", True),
        ("Brandt", True),
        ("said. Ilya Brandt", True),
        ("“We stay,” Mara Voss said. Ilya Brandt", False),
        ("Mara Voss", False),
        (None, False),
    ],
)
def test_the_right_source_is_named_or_nearly_so(speaker, right):
    result = figures([quote("all three boats were lost", speaker=speaker)], [INDIRECT])
    assert (result.source_right, result.attributed.f1) == (right, right)


def test_no_source_is_right_where_gold_has_none():
    bare = quote("all three boats were lost")
    assert figures([bare], [bare]).attributed.f1 == 1.0
    assert figures([INDIRECT], [bare]).attributed.f1 == 0.0


def test_the_closest_of_two_takes_the_gold_and_the_other_is_wrong():
    both = [quote("all three boats were lost"), quote("three boats were lost.")]
    assert figures(both, [INDIRECT]).found == (0.5, 1.0, pytest.approx(2 / 3))


def test_what_is_unscored_counts_for_nothing():
    belief = quote("Nobody thought of it", ignore=True)
    assert figures([DIRECT, quote("Nobody thought of it")], [DIRECT, belief]).found.f1 == 1.0
    assert figures([DIRECT], [DIRECT, belief]).found.f1 == 1.0
    assert figures([DIRECT, quote("Nobody thought of it")], [DIRECT]).found.f1 < 1.0


def test_only_what_counts_is_counted():
    thought = quote("Nobody thought of it", cue="thought")
    assert figures([DIRECT, thought], [DIRECT], counts=is_speech).found.f1 == 1.0
    assert figures([INDIRECT], [INDIRECT], counts=is_speech).found.f1 == 1.0


@pytest.mark.parametrize(
    ("kind", "words", "cue", "speech"),
    [
        ("indirect", "all three boats were lost", "warned", True),
        ("indirect", "all three boats were lost", "according to", True),
        ("indirect", "all three boats were lost", "thought", False),
        ("indirect", "all three boats", "warned", False),
        ("indirect", "“We stay,”", "", True),
        ("direct", "We stay", "", True),
    ],
)
def test_speech_has_quotation_marks_or_a_reporting_word(kind, words, cue, speech):
    text = f"{words} {cue}"
    place = Span(len(words) + 1, len(text)) if cue else None
    assert is_speech(text, Piece(Span(0, len(words)), kind, None, place)) is speech


def test_nothing_against_nothing_is_no_error():
    assert figures([], []).as_json()["found"] == 0.0


def test_each_quote_is_judged_with_its_score():
    draft = Draft()
    draft.add("quote", (Span(*span("“We stay,”").values()),), 0.9, "", {"type": "direct"})
    draft.add("quote", (Span(*span("Nobody").values()),), 0.4, "", {"type": "indirect"})
    gold = example_of({"text": TEXT, "quotes": [DIRECT]})
    assert judged(draft.suggestions(), gold) == [(0.9, True), (0.4, False)]


def evaluation(*right):
    """Articles with four gold quotes each, of which so many were found."""
    return Evaluation([Counter(gold=4, predicted=4, matched=number) for number in right])


def test_bootstrap_of_a_pipeline_against_itself_is_nought():
    same = evaluation(1, 3, 2, 4)
    assert paired_bootstrap(same, same, seed=1, figure=found_f1) == (0, 0, 0)


def test_bootstrap_of_a_constant_gain_has_no_width():
    gain = paired_bootstrap(evaluation(1, 1, 1), evaluation(2, 2, 2), seed=1, figure=found_f1)
    assert gain == (0.25, 0.25, 0.25)


def test_bootstrap_gives_the_same_for_the_same_seed_and_turns_with_its_sides():
    a, b = evaluation(1, 3, 2, 4, 0, 2), evaluation(2, 3, 4, 4, 1, 1)
    first = paired_bootstrap(a, b, seed=7, figure=found_f1)
    assert first == paired_bootstrap(a, b, seed=7, figure=found_f1)
    turned = paired_bootstrap(b, a, seed=7, figure=found_f1)
    assert turned.difference == -first.difference
    assert first.low < first.difference < first.high


def test_bootstrap_interval_of_one_odd_article_is_the_binomial_one():
    """One article of twenty gains; it is drawn 0 to 3 times in all but a fortieth of the samples."""
    a, b = evaluation(*[0] * 20), evaluation(4, *[0] * 19)
    gain = paired_bootstrap(a, b, seed=3, draws=2000, figure=found_f1)
    assert (gain.low, gain.high) == (0.0, pytest.approx(3 / 20))


def test_bootstrap_refuses_articles_that_do_not_pair():
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_bootstrap(evaluation(1), evaluation(1, 2), seed=1)


def test_bootstrap_of_no_articles_is_nought():
    assert paired_bootstrap(Evaluation([]), Evaluation([]), seed=1) == (0, 0, 0)


def record(number, text, suggestions):
    def plain(place):
        return place and {"start": place.start, "end": place.end}

    quotes = [
        {"start": piece.span.start, "end": piece.span.end, "type": piece.type}
        | {"speaker": plain(piece.source), "cue": plain(piece.cue), "group": None}
        for piece in pieces_of(suggestions)
    ]
    return {"id": number, "text": text, "quotes": quotes}


@pytest.mark.skipif(not (EVAL / "score.py").exists(), reason="needs the scorer beside the repository")
def test_the_figures_are_those_of_the_scorer_beside_the_repository():
    spec = importlib.util.spec_from_file_location("score", EVAL / "score.py")
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    lessons = [invent_lesson(number) for number in range(20)]
    gold = [record(number, lesson.article.text, lesson.gold) for number, lesson in enumerate(lessons)]
    dev = EVAL / "polnear_speech.dev.jsonl"
    if dev.exists():
        gold += [json.loads(line) for line in dev.read_text().splitlines()[:20]]
    lessons = [example_of(row) for row in gold]
    found = [Rules().suggest(lesson.article) for lesson in lessons]
    theirs = score.evaluate(
        gold, [record(row["id"], row["text"], one) for row, one in zip(gold, found, strict=True)]
    )
    ours = evaluate(found, lessons).figures()
    assert ours.exact == pytest.approx(theirs["exact"])
    assert ours.trimmed == pytest.approx(theirs["exactn"])
    assert ours.found == pytest.approx(theirs["iou"])
    assert ours.attributed == pytest.approx(theirs["quote+spk"])
    assert ours.source_right == pytest.approx(theirs["speaker"]["ok"])
    assert ours.cue_right == pytest.approx(theirs["cue"]["overlap"])
    for kind in ("direct", "indirect"):
        assert ours.recall(kind) == pytest.approx(theirs["by_type"][kind]["recall_iou"])


def test_a_record_of_several_pieces_is_one_quote():
    pieces = [quote("“We stay,”", "direct", group="1"), quote("all three", "direct", group="1")]
    (found,) = [
        one for one in example_of({"text": TEXT, "quotes": pieces}).gold.annotations if one.label == "quote"
    ]
    assert [segment.of(TEXT) for segment in found.segments] == ["“We stay,”", "all three"]


def test_an_empty_article_has_no_examples_quotes():
    assert example_of({"text": "", "quotes": []}).gold == Suggestions()
    assert evaluate([Suggestions()], [example_of({"text": "", "quotes": []})]).figures().found.f1 == 0.0
    assert Rules().suggest(ArticleText(text="", blocks=())) == Suggestions()
