"""Whose word counts for whom: only what is settled without a person tells of that person."""

from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from annotations.models import Dispute
from annotations.services import vigilance
from annotations.services.checks import Checked
from annotations.services.passes import submit_pass
from annotations.services.settling import Choice, approve_passes, settle_dispute
from annotations.services.vigilance import Basis, Measure, Vigilance, vigilance_of
from corpus.models import Corpus, Revision, Role, SuggestionsShown, User
from corpus.services.actors import COMMAND
from tests.annotations.deciding import machine, say
from tests.annotations.test_queue import settings
from tests.annotations.test_settling import decide_all
from tests.conftest import acting

REJECTED = {"nine weeks": {"verdict": "reject", "reason": "not_a_quote"}}


def accepted(report: Vigilance, user: User) -> tuple[int, int]:
    """Return how much of what somebody accepted was settled without them, and how much of that is wrong."""
    [person] = [person for person in report.people if person.user == user]
    lapses = person.lapses[Measure.ACCEPTED_WRONG]
    return lapses.cases, lapses.lapses


def report_of(corpus: Corpus) -> Vigilance:
    return vigilance_of(COMMAND, corpus, Role.OWNER)


def settle(user: User, revision: Revision, **choice: object) -> None:
    dispute = Dispute.objects.select_related("corpus").get(revision=revision)
    settle_dispute(acting(user), dispute, Choice(**choice, reason="mistake"), version=dispute.version)  # type: ignore[arg-type]


@pytest.fixture
def disputed(suggested: Revision, corpus: Corpus, ada: User, ben: User) -> Revision:
    """Ada accepts everything; ben rejects one quote."""
    settings(corpus, passes=2, two_people=False)
    decide_all(ada, suggested)
    decide_all(ben, suggested, **REJECTED)
    return suggested


def test_what_an_adjudicator_rejects_was_wrong_to_accept(
    disputed: Revision, corpus: Corpus, ada: User, ben: User, cy: User
) -> None:
    things = len([row for row in machine(disputed).annotations.values() if row.label in ("quote", "claim")])
    corpus.refresh_from_db()
    assert accepted(report_of(corpus), ada) == (0, 0), "nothing is settled yet"
    settle(cy, disputed, reject=True)
    report = report_of(corpus)
    assert accepted(report, ada) == (things, 1)
    assert accepted(report, ben) == (things - 1, 0)
    [pipeline] = report.pipelines
    assert (pipeline.basis, pipeline.reliability.suggestions) == (Basis.INDEPENDENT, things)
    assert pipeline.reliability.miscalibrated is None, "one article tells nothing"


def test_who_settles_their_own_dispute_proves_nothing_by_it(
    disputed: Revision, corpus: Corpus, ada: User
) -> None:
    Corpus.objects.filter(pk=corpus.pk).update(blind=False)
    corpus.members.filter(user=ada).update(role=Role.ADJUDICATOR)
    settle(ada, disputed, reject=True)
    corpus.refresh_from_db()
    assert accepted(report_of(corpus), ada) == (0, 0), "and in an open corpus agreement does not either"


def test_gold_of_ones_own_pass_alone_says_nothing(
    suggested: Revision, corpus: Corpus, ada: User, ben: User
) -> None:
    decide_all(ada, suggested)
    approve_passes(COMMAND, suggested)
    corpus.refresh_from_db()
    report = report_of(corpus)
    assert accepted(report, ada) == (0, 0)
    assert report.pipelines[0].basis == Basis.DECIDED
    # The control: of somebody else's pass it tells.
    decide_all(ben, suggested)
    report = report_of(corpus)
    assert accepted(report, ada) == (0, 0)
    assert accepted(report, ben)[0] > 0


def test_a_pass_without_suggestions_judges_a_pipeline(suggested: Revision, corpus: Corpus, ada: User) -> None:
    settings(corpus, suggestions_shown=SuggestionsShown.NEVER)
    quote = next(row for row in machine(suggested).annotations.values() if row.label == "quote")
    place = ((quote.start, quote.end),)
    say(ada, suggested, "add", label="quote", segments=place, attributes={"type": "direct"})
    submit_pass(acting(ada), suggested)
    corpus.refresh_from_db()
    [pipeline] = report_of(corpus).pipelines
    figures = pipeline.reliability
    assert pipeline.basis == Basis.INDEPENDENT
    assert sum(round(each.right * each.suggestions) for each in figures.bins) == 1 < figures.suggestions


def test_plants_and_what_was_withheld_count_by_person(
    disputed: Revision, corpus: Corpus, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checked(user: User, number: int, *, passed: bool) -> Checked:
        return Checked(user.pk, UUID(int=number), UUID(int=number), disputed.created_at, passed)

    plants = [checked(ada, number, passed=number % 2 == 0) for number in range(40)]
    plants += [checked(ben, number, passed=True) for number in range(40)]
    monkeypatch.setattr(vigilance, "plants_decided", lambda corpus: iter(plants))
    monkeypatch.setattr(vigilance, "withheld_looked_for", lambda corpus: iter(plants[40:]))
    report = report_of(corpus)
    assert [(person.user, person.named_for) for person in report.named] == [(ada, [Measure.ACCEPTED_PLANTS])]
    [person] = [person for person in report.people if person.user == ben]
    assert person.lapses[Measure.MISSED_WITHHELD].cases == 40


def test_a_lead_with_the_text_in_hand_is_not_told_of_it(
    disputed: Revision, corpus: Corpus, lea: User, cy: User
) -> None:
    settle(cy, disputed, reject=True)
    corpus.refresh_from_db()
    assert vigilance_of(acting(lea), corpus, Role.LEAD).passes == 2
    say(lea, disputed, "skip", next(iter(machine(disputed).annotations)))
    assert vigilance_of(acting(lea), corpus, Role.LEAD).passes == 0


def test_the_command_says_it_in_words(disputed: Revision, corpus: Corpus, cy: User) -> None:
    settle(cy, disputed, reject=True)
    printed = StringIO()
    call_command("vigilance", corpus=corpus.slug, stdout=printed)
    said = printed.getvalue()
    assert "2 submitted passes." in said
    assert "ada (passes: 1)\n  Accepted, and wrong          1 of 5 [" in said
    assert "too little is settled to tell whether its scores mean what they say" in said
    assert "judged by gold of several passes" in said
    with pytest.raises(CommandError, match="from 1 on"):
        call_command("vigilance", corpus=corpus.slug, most=-1)
