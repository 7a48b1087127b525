"""The lexicon of reporting verbs and what of it a sentence uses."""

import pytest

from annotations.extraction.cues import LEXICON, Form, find_cues, ing, past, third_person
from annotations.extraction.tokens import tokenise
from corpus.text.spans import Span


@pytest.mark.parametrize(
    ("verb", "third", "preterite", "participle", "gerund"),
    [
        ("say", "says", "said", "said", "saying"),
        ("reply", "replies", "replied", "replied", "replying"),
        ("write", "writes", "wrote", "written", "writing"),
        ("admit", "admits", "admitted", "admitted", "admitting"),
        ("agree", "agrees", "agreed", "agreed", "agreeing"),
        ("stress", "stresses", "stressed", "stressed", "stressing"),
        ("preach", "preaches", "preached", "preached", "preaching"),
        ("convey", "conveys", "conveyed", "conveyed", "conveying"),
        ("go", "goes", "went", "gone", "going"),
    ],
)
def test_a_verb_has_its_forms(verb, third, preterite, participle, gerund):
    assert third_person(verb) == third
    assert past(verb) == (preterite, participle)
    assert ing(verb) == gerund


def test_the_lexicon_knows_a_form_and_its_verb():
    ((form, verb),) = LEXICON["warning"][-1:]
    assert (form, verb.lemma) == (Form.ING, "warn")


@pytest.mark.parametrize(
    ("text", "cues"),
    [
        ("She said that it was late.", ["said"]),
        ("She called for calm.", ["called for"]),
        ("She pointed out that it was late.", ["pointed out"]),
        ("She went on to say it was late.", ["went on to say"]),
        ("The claims were false.", []),
        ("Her claim was false.", []),
        ("Many claim that it was late.", ["claim"]),
        ("A report of the council.", []),
        ("The United States of America.", []),
        ("The alleged thief ran.", []),
        ("The report states that it was late.", ["states"]),
    ],
)
def test_cues_are_verbs_and_no_nouns(text, cues):
    tokens = tokenise(text, [Span(0, len(text))], [])
    assert [text[tokens[cue.first].start : tokens[cue.last - 1].end] for cue in find_cues(tokens)] == cues
