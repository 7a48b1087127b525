"""The figures of agreement from the passes that people have submitted."""

from datetime import timedelta
from io import StringIO

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotations.agreement.bootstrap import Figure
from annotations.models import Layer
from annotations.services import agreement
from annotations.services.agreement import (
    Agreement,
    Asked,
    agreement_of,
    differences_of,
    read_asked,
)
from annotations.services.comparing import units_of
from annotations.services.erasing import erase_article
from annotations.services.passes import reopen_pass, submit_pass
from annotations.services.queue import take_article
from annotations.services.reading import read_layers
from annotations.services.standing import read_standing
from corpus.models import Corpus, Revision, Role, SuggestionsShown, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import set_member
from corpus.services.errors import BadInput
from tests.annotations.deciding import Link, at, own, say, suggestion
from tests.annotations.test_queue import settings
from tests.annotations.test_settling import decide_all
from tests.conftest import TEXT, acting, person, put_in
from tests.words import words_in

FIRST, SECOND = "The bridge will be closed for nine weeks", "two of its cables had lost a third"


def read(user: User, revision: Revision, *quotes: str, kind: str = "direct", source: str = "") -> None:
    """Let somebody read a text without suggestions, add quotes, each said by the same, and submit."""
    for words in quotes:
        links = {"source": [Link(segments=(at(revision.text, source),))]} if source else {}
        segments = (at(revision.text, words),)
        say(user, revision, "add", label="quote", segments=segments, attributes={"type": kind}, links=links)
    submit_pass(acting(user), revision)


def agreed(corpus: Corpus, **asked: object) -> Agreement:
    return agreement_of(COMMAND, corpus, Asked(**asked))  # type: ignore[arg-type]


def quote_figures(agreement: Agreement) -> dict[str, float | None]:
    [condition] = agreement.conditions
    return {name: figure.value for name, figure in condition.labels["quote"].items()}


@pytest.fixture
def unaided(corpus: Corpus) -> Corpus:
    """A corpus whose texts up to three people read, without suggestions."""
    settings(corpus, passes=3, suggestions_shown=SuggestionsShown.NEVER)
    return corpus


def test_two_people_agree_on_one_quote_of_three(
    unaided: Corpus, revision: Revision, ada: User, ben: User
) -> None:
    read(ada, revision, FIRST, SECOND)
    read(ben, revision, FIRST)
    found = quote_figures(agreed(unaided))
    assert found["f1_exact"] == found["f1_overlap"] == 2 / 3
    assert found["type"] == 1
    assert found["type_alpha"] is None
    assert found["source"] is None
    kappa = found["cohen_kappa"]
    assert kappa is not None and 0.3 < kappa < 0.9


def test_roles_are_compared_where_both_have_the_quote(
    unaided: Corpus, revision: Revision, ada: User, ben: User
) -> None:
    read(ada, revision, FIRST, source="Ana Ruiz, the city engineer")
    read(ben, revision, FIRST, kind="mixed", source="Ana Ruiz")
    found = quote_figures(agreed(unaided))
    assert (found["f1_exact"], found["type"], found["source"], found["cue"]) == (1, 0, 0, None)
    [condition] = agreed(unaided).conditions
    assert condition.labels["attribution"]["f1_overlap"].value == 0
    [compared] = differences_of(COMMAND, unaided, Asked(label="quote"), shown=False)
    assert (compared.differing.same, compared.differing.roles) == (1, {"source": 1, "cue": 0, "type": 1})


def test_a_pass_in_hand_and_a_single_pass_count_for_nothing(
    unaided: Corpus, revision: Revision, ada: User, ben: User
) -> None:
    read(ada, revision, FIRST)
    say(ben, revision, "add", label="quote", segments=(at(TEXT, SECOND),))
    assert not agreed(unaided).conditions
    submit_pass(acting(ben), revision)
    assert quote_figures(agreed(unaided))["f1_overlap"] == 0
    reopen_pass(acting(ben), revision)
    assert not agreed(unaided).conditions


def test_somebody_who_found_nothing_has_read_the_text(
    unaided: Corpus, revision: Revision, ada: User, ben: User
) -> None:
    read(ada, revision)
    read(ben, revision)
    [condition] = agreed(unaided).conditions
    assert (condition.articles, condition.passes) == (1, 2)
    assert condition.labels["quote"]["f1_overlap"] == Figure(value=None, articles=1)


def test_passes_with_suggestions_and_without_are_never_compared(
    unaided: Corpus, suggested: Revision, ada: User, ben: User, cy: User
) -> None:
    settings(unaided, suggestions_shown=SuggestionsShown.AT_ONCE)
    decide_all(ada, suggested)
    decide_all(ben, suggested)
    settings(unaided, suggestions_shown=SuggestionsShown.NEVER)
    revision = Revision.objects.select_related("article__corpus").get(pk=suggested.pk)
    read(cy, revision, FIRST)
    found = agreed(unaided)
    assert [(condition.shown, condition.passes) for condition in found.conditions] == [(True, 2)]
    assert found.mixed == 1
    vera = person("vera")
    set_member(COMMAND, unaided, vera, Role.REVIEWER)
    settings(unaided, passes=4)
    read(vera, revision, FIRST)
    alone, shown = agreed(unaided).conditions
    assert (shown.shown, shown.passes, alone.shown, alone.passes) == (True, 2, False, 2)
    assert {str(user) for user, _ in alone.people} == {"cy", "vera"}
    assert shown.labels["quote"]["f1_exact"].value == alone.labels["quote"]["f1_exact"].value == 1


def test_a_pass_without_a_decision_is_compared_with_those_who_read_as_it_did(
    corpus: Corpus, revision: Revision, ada: User, ben: User, cy: User
) -> None:
    """Nothing is suggested in this text, so that it makes no difference; the others say how it was read."""
    settings(corpus, passes=3)
    read(ada, revision, FIRST)
    read(ben, revision)
    [condition] = agreed(corpus).conditions
    assert (condition.shown, condition.passes) == (True, 2)


def test_who_decided_on_nothing_was_not_shown_what_others_decided_on(
    unaided: Corpus, suggested: Revision, ada: User, ben: User, cy: User
) -> None:
    read(ben, suggested)
    read(cy, suggested)
    settings(unaided, suggestions_shown=SuggestionsShown.AT_ONCE)
    decide_all(ada, Revision.objects.select_related("article__corpus").get(pk=suggested.pk))
    [condition] = agreed(unaided).conditions
    assert (condition.shown, {str(user) for user, _ in condition.people}) == (False, {"ben", "cy"})


def test_the_lean_reading_of_layers_says_what_the_whole_one_says(
    suggested: Revision, ada: User, ben: User
) -> None:
    """With corrections, rejections, retractions, and links that a retraction takes along."""
    first, second = suggestion(suggested, "closed"), suggestion(suggested, "cables")
    say(ada, suggested, "accept", first.pk)
    taken = say(ada, suggested, "accept", second.pk)
    say(ada, suggested, "retract", second.pk, version=1)
    assert taken
    shorter = at(TEXT, "The bridge will be closed")
    say(ben, suggested, "correct", first.pk, segments=(shorter, at(TEXT, "nine weeks")))
    say(ben, suggested, "reject", second.pk, reason="not_a_quote")
    layers = [own(ada, suggested).layer, own(ben, suggested).layer]
    whole, lean = read_layers(layers), read_standing(layers)
    for one, other in zip(whole, lean, strict=True):
        assert one.standing and len(one.standing) < len(one.annotations) + len(one.reviews)
        as_said = [
            sorted(
                (unit.label, unit.segments, sorted(unit.attributes.items()), sorted(unit.links.items()))
                for unit in units_of(view, with_ends=True)
            )
            for view in (one, other)
        ]
        assert as_said[0] == as_said[1]


def test_the_statements_do_not_grow_with_the_articles(
    unaided: Corpus, ada: User, ben: User, django_assert_num_queries: object
) -> None:
    def articles(first: int, last: int) -> None:
        for number in range(first, last):
            revision = put_in(unaided, f"{number}. {TEXT}", external_id=f"n{number}")
            read(ada, revision, FIRST)
            read(ben, revision, FIRST)

    articles(0, 2)
    with django_assert_num_queries(9):  # type: ignore[operator]
        assert agreed(unaided).conditions[0].articles == 2
    articles(2, 12)
    with django_assert_num_queries(9):  # type: ignore[operator]
        assert agreed(unaided).conditions[0].articles == 12


def test_people_time_and_label_narrow_what_is_compared(
    unaided: Corpus, revision: Revision, ada: User, ben: User, cy: User
) -> None:
    read(ada, revision, FIRST, SECOND)
    read(ben, revision, FIRST)
    read(cy, revision, SECOND)
    [condition] = agreed(unaided).conditions
    assert [(str(pair.first), str(pair.second)) for pair in condition.pairs] == [
        ("ada", "ben"), ("ada", "cy"), ("ben", "cy"),
    ]  # fmt: skip
    assert [pair.labels["quote"]["f1_overlap"].value for pair in condition.pairs] == [2 / 3, 2 / 3, 0]
    assert condition.labels["quote"]["cohen_kappa"].value is None
    two = agreed(unaided, people=frozenset({ada.public_id, cy.public_id}), label="quote")
    assert set(two.conditions[0].labels) == {"quote"}
    assert quote_figures(two)["f1_overlap"] == 2 / 3
    assert quote_figures(two)["cohen_kappa"] is not None
    Layer.objects.filter(reviewer=ada).update(submitted_at=timezone.now() - timedelta(days=9))
    recent = agreed(unaided, since=timezone.now() - timedelta(days=1))
    assert recent.conditions[0].passes == 2


def test_of_an_amended_article_the_newest_text_with_two_passes_counts(
    unaided: Corpus, revision: Revision, ada: User, ben: User
) -> None:
    read(ada, revision, FIRST)
    read(ben, revision, FIRST)
    amended = put_in(unaided, TEXT + "\nMore.\n")
    assert amended.article_id == revision.article_id
    assert quote_figures(agreed(unaided))["f1_exact"] == 1
    for user, words in ((ada, FIRST), (ben, SECOND)):
        read(user, amended, words)
    found = agreed(unaided)
    assert found.conditions[0].articles == 1
    assert [
        row.revision.number for row in differences_of(COMMAND, unaided, Asked(label="quote"), shown=False)
    ]


def test_more_articles_than_are_looked_at_are_said_to_be(unaided: Corpus, ada: User, ben: User) -> None:
    for number in range(3):
        revision = put_in(unaided, f"{number}. {TEXT}", external_id=f"n{number}")
        read(ada, revision, FIRST)
        read(ben, revision, FIRST)
    few = agreement_of(COMMAND, unaided, Asked(), most=2)
    assert (few.conditions[0].articles, few.capped) == (2, True)
    every = agreement_of(COMMAND, unaided, Asked(), most=3)
    assert (every.conditions[0].articles, every.capped) == (3, False)


def test_a_page_looks_through_so_many_passes_and_no_more(
    unaided: Corpus, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest text has two passes; behind three that have one it is not found."""
    for number in range(4):
        revision = put_in(unaided, f"{number}. {TEXT}", external_id=f"n{number}")
        for user in (ada, ben)[: 1 if number else 2]:
            read(user, revision, FIRST)
    found = agreement_of(COMMAND, unaided, Asked(), most=1)
    assert (len(found.conditions), found.capped) == (1, False)
    monkeypatch.setattr(agreement, "PASSES_AN_ARTICLE", 4)
    found = agreement_of(COMMAND, unaided, Asked(), most=1)
    assert (len(found.conditions), found.capped) == (0, True)
    assert agreement_of(COMMAND, unaided, Asked(), most=None).conditions


def test_an_erased_article_is_left_out(unaided: Corpus, revision: Revision, ada: User, ben: User) -> None:
    read(ada, revision, FIRST)
    read(ben, revision, FIRST)
    erase_article(COMMAND, revision.article, reason="taken down")
    assert not agreed(unaided).conditions


def test_whoever_has_a_text_in_hand_is_told_nothing_of_it(
    unaided: Corpus, revision: Revision, ada: User, ben: User, cy: User
) -> None:
    read(ada, revision, FIRST)
    read(ben, revision, SECOND)
    label = Asked(label="quote")
    assert agreement_of(acting(cy), unaided, Asked()).conditions
    assert differences_of(acting(cy), unaided, label, shown=False)
    take_article(acting(cy), revision)
    assert not agreement_of(acting(cy), unaided, Asked()).conditions
    assert not differences_of(acting(cy), unaided, label, shown=False)


def test_where_they_differ_comes_first_where_most_is(
    unaided: Corpus, revision: Revision, ada: User, ben: User
) -> None:
    other, same = put_in(unaided, f"1. {TEXT}", "one"), put_in(unaided, f"2. {TEXT}", "two")
    for text, ours, theirs in ((revision, [FIRST], [FIRST, SECOND]), (same, [FIRST], [FIRST])):
        read(ada, text, *ours)
        read(ben, text, *theirs)
    read(ada, other, FIRST)
    read(ben, other, FIRST.removesuffix(" weeks"), SECOND)
    found = differences_of(COMMAND, unaided, Asked(label="quote"), shown=False)
    assert [row.revision.article.external_id for row in found] == ["one", "bridge"]
    how = found[0].differing
    assert (how.same, how.other_ends, how.only_first, how.only_second) == (0, 1, 0, 1)
    assert how.roles == {"source": 0, "cue": 0, "type": 0}
    assert not differences_of(COMMAND, unaided, Asked(label="quote"), shown=True)


@pytest.mark.parametrize(
    "asked", [{"people": ["ada"]}, {"since": "yesterday"}, {"label": "nothing"}], ids=lambda asked: str(asked)
)
def test_what_cannot_be_asked_is_refused(corpus: Corpus, asked: dict) -> None:
    with pytest.raises(BadInput):
        read_asked(corpus, **{"people": [], "since": "", "label": "", **asked})


# -- the command ---------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("agreement", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_says_what_it_found(unaided: Corpus, revision: Revision, ada: User, ben: User) -> None:
    read(ada, revision, FIRST, SECOND)
    read(ben, revision, FIRST)
    said = run("--corpus", "harbour")
    assert "Passes without suggestions: 2 passes over 1 articles" in said
    assert "F1, overlapping                      0.667\n" in said
    assert "ada and ben, 1 articles" in said
    body = orjson.loads(run("--corpus", "harbour", "--label", "quote", "--json"))
    [condition] = body["conditions"]
    figures = {row["statistic"]: row for row in condition["labels"][0]["figures"]}
    assert figures["f1_overlap"] == {
        "statistic": "f1_overlap", "value": 2 / 3, "low": None, "high": None, "articles": 1,
    }  # fmt: skip
    assert figures["type_alpha"]["value"] is None
    assert {row["id"] for row in condition["people"]} == {str(ada.public_id), str(ben.public_id)}
    assert "ada" not in words_in(condition)


def test_the_command_lists_where_people_differ(
    unaided: Corpus, revision: Revision, ada: User, ben: User
) -> None:
    read(ada, revision, FIRST, SECOND)
    read(ben, revision, FIRST, kind="mixed")
    said = run("--corpus", "harbour", "--label", "quote", "--differences")
    assert said == (
        "bridge: the same 1, other ends 0, only ada 1, only ben 0, other source 0, other cue 0, other type 1 "
        "(passes without suggestions)\n"
    )
    assert run("--corpus", "harbour", "--label", "claim", "--differences") == "Nobody differs.\n"
    [found] = orjson.loads(run("--corpus", "harbour", "--label", "quote", "--differences", "--json"))[
        "results"
    ]
    assert found["layers"] == [f"reviewer:{ada.public_id}", f"reviewer:{ben.public_id}"]
    with pytest.raises(CommandError, match="--label"):
        run("--corpus", "harbour", "--differences")


def test_the_command_narrows_to_people_by_their_accounts(
    unaided: Corpus, revision: Revision, ada: User, ben: User
) -> None:
    read(ada, revision, FIRST)
    read(ben, revision, FIRST)
    assert "No article has two passes" in run("--corpus", "harbour", "--person", "ada")
    with pytest.raises(CommandError, match="no account 'nobody'"):
        run("--corpus", "harbour", "--person", "nobody")
