"""A rule has changed: what is due, who is asked, and what becomes of it."""

import io
import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations.models import Annotation, Assignment, Dispute, Layer, Recall, ReReview, Review, Settlement
from annotations.models.reviews import RejectReason
from annotations.services import rereviews
from annotations.services.decisions import CONFIRM
from annotations.services.due import demands_of, due_by_label, outdated_gold
from annotations.services.erasing import erase_article
from annotations.services.exporting import export_corpus
from annotations.services.importing import import_records
from annotations.services.jobs import work_jobs
from annotations.services.passes import open_desk, reopen_pass, submit_pass
from annotations.services.queue import give_back, sweep_assignments, take
from annotations.services.reading import LayerView
from annotations.services.replay import differences
from annotations.services.rereviews import (
    close_rereview,
    extent_of,
    left_of,
    list_whole,
    open_rereview,
    sweep_rereviews,
)
from annotations.services.settling import Choice, approve_passes, settle_dispute
from annotations.services.verifying import Lie, verify
from corpus.models import Corpus, Guideline, Revision, Role, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import (
    create_corpus,
    guideline_number,
    publish_guideline,
    remove_member,
    set_member,
)
from corpus.services.errors import BadInput, InvalidTransition, NotAllowed, NotFound, ServiceError
from tests.annotations.deciding import linked, machine, own, say, standing, suggestion
from tests.annotations.test_queue import settings
from tests.annotations.test_settling import decide_all, gold, status
from tests.conftest import TEXT, acting, put_in


def publish(corpus: Corpus, text: str = "R1. Another rule.") -> Guideline:
    return publish_guideline(COMMAND, corpus, text=text, version=guideline_number(corpus.pk))


def ask(corpus: Corpus, *labels: str, **words: Any) -> ReReview:
    return open_rereview(COMMAND, corpus, labels=labels, **words)


def due(user: User, revision: Revision) -> set[str]:
    """Return the words of the lines that are due in somebody's pass."""
    desk = open_desk(acting(user), Role.REVIEWER, Revision.objects.get(pk=revision.pk))
    return {Annotation.objects.get(pk=line).surface for line in desk.due()}


def confirm_due(user: User, revision: Revision) -> None:
    desk = open_desk(acting(user), Role.REVIEWER, revision)
    for line in desk.due():
        if line in open_desk(acting(user), Role.REVIEWER, revision).due():
            versions = own(user, revision).versions
            say(user, revision, CONFIRM, line, version=versions[line])


def says(view: LayerView) -> tuple[Any, ...]:
    rows = [(row.label, row.surface, row.attributes) for row in view.standing.values()]
    verdicts = {line: review.verdict for line, review in view.counting.items()}
    return sorted(map(repr, rows)), linked(view), verdicts


def sound(corpus: Corpus) -> bool:
    lies = [lie for lie in verify(corpus) if isinstance(lie, Lie)]
    told = [message for _, messages in differences(corpus) for message in messages]
    assert (lies, told) == ([], [])
    return True


@pytest.fixture
def single(suggested: Revision) -> Revision:
    """A text that one person reads, whose word is gold."""
    settings(suggested.article.corpus, single_is_gold=True)
    return suggested


@pytest.fixture
def done(single: Revision, ada: User) -> Revision:
    """Ada's, and gold; the guideline has changed since."""
    decide_all(ada, single)
    assert status(single) == "gold"
    publish(single.article.corpus)
    return single


# -- what is due ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_due_are_just_the_decisions_of_those_labels_that_are_older(
    suggested: Revision, ada: User, seed: int
) -> None:
    corpus, chance = suggested.article.corpus, random.Random(seed)
    rows = list(machine(suggested).annotations.values())
    for _ in range(12):
        if chance.random() < 0.3:
            publish(corpus)
        said = own(ada, suggested) if Layer.objects.filter(reviewer=ada).exists() else None
        things = [*rows, *(said.standing.values() if said else ())]
        row = chance.choice(things)
        version = said.versions.get(row.root, 0) if said else 0
        verdict = chance.choice(["accept", "accept", "correct", "reject", "skip", "retract", CONFIRM, "add"])
        choices: dict[str, dict[str, Any]] = {
            "reject": {"reason": RejectReason.OTHER.value},
            "correct": {"label": chance.choice(["quote", "claim"])},
            "add": {"label": "claim", "segments": ((chance.randrange(90), 100),)},
        }
        words = choices.get(verdict, {})
        try:
            say(ada, suggested, verdict, None if verdict == "add" else row.pk, version=version, **words)
        except ServiceError:
            continue
    publish(corpus)
    since, labels = (
        chance.randint(1, guideline_number(corpus.pk)),
        chance.sample(["quote", "claim", "cue"], 2),
    )
    view = own(ada, suggested)
    named = dict(Annotation.objects.values_list("pk", "label"))
    expected = {
        line
        for line, review in view.counting.items()
        if review.annotation_id and review.guideline < since
        if {named[pk] for pk in (review.annotation_id, review.result_id) if pk} & set(labels)
    }
    assert open_desk(acting(ada), Role.REVIEWER, suggested).due() == {}
    ask(corpus, *labels, since=since)
    found = open_desk(acting(ada), Role.REVIEWER, suggested).due()
    assert set(found) == expected
    counted = due_by_label([view.layer.pk], demands_of(corpus.pk))
    assert sum(sum(lines.values()) for lines in counted.values()) == len(expected)
    before = says(view)
    confirm_due(ada, suggested)
    assert open_desk(acting(ada), Role.REVIEWER, suggested).due() == {}
    assert says(own(ada, suggested)) == before, "confirming changes nothing"
    assert sound(corpus)


def test_confirming_takes_along_what_the_decision_brought(suggested: Revision, ada: User) -> None:
    corpus, quote = suggested.article.corpus, suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    before = own(ada, suggested)
    publish(corpus)
    ask(corpus, "quote", "attribution", "cue")
    assert len(due(ada, suggested)) == 3
    body = say(ada, suggested, CONFIRM, quote.pk, version=1)
    assert (body["verdict"], body["version"]) == ("accept", 2)
    assert due(ada, suggested) == set()
    after = own(ada, suggested)
    assert (standing(after), linked(after)) == (standing(before), linked(before))
    assert Annotation.objects.filter(layer=after.layer).count() == 3, "it writes no annotation anew"
    say(ada, suggested, "retract", quote.pk, version=2)
    assert len(due(ada, suggested)) == 3, "what stood before counts again"
    say(ada, suggested, "retract", quote.pk, version=3)
    assert standing(own(ada, suggested)) == set()


def test_confirming_a_correction_keeps_its_links(suggested: Revision, ada: User) -> None:
    corpus, quote = suggested.article.corpus, suggestion(suggested, "nine weeks")
    say(ada, suggested, "correct", quote.pk, links={"source": []}, reason="unclear", note="who?")
    before = own(ada, suggested)
    publish(corpus)
    ask(corpus, "quote")
    say(ada, suggested, CONFIRM, quote.pk, version=1)
    after = own(ada, suggested)
    assert (standing(after), linked(after)) == (standing(before), linked(before))
    review = after.counting[quote.root]
    assert (review.verdict, review.reason, review.note, review.guideline) == ("correct", "unclear", "who?", 2)
    assert sound(corpus)


def test_there_is_nothing_to_confirm_without_a_decision(suggested: Revision, ada: User) -> None:
    with pytest.raises(InvalidTransition, match="no own decision"):
        say(ada, suggested, CONFIRM, suggestion(suggested, "nine weeks").pk)
    say(ada, suggested, "accept", suggestion(suggested, "nine weeks").pk)
    relation = next(iter(own(ada, suggested).links.values()))
    with pytest.raises(BadInput, match="for annotations"):
        say(ada, suggested, CONFIRM, relation.pk, version=1)


def test_the_one_that_asks_for_the_newest_guideline_counts(suggested: Revision, ada: User) -> None:
    corpus, quote = suggested.article.corpus, suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    publish(corpus)
    first = ask(corpus, "quote")
    say(ada, suggested, CONFIRM, quote.pk, version=1)
    assert due(ada, suggested) == set()
    publish(corpus)
    second = ask(corpus, "quote")
    assert due(ada, suggested) == {quote.surface}
    close_rereview(COMMAND, second)
    assert due(ada, suggested) == set()
    close_rereview(COMMAND, close_rereview(COMMAND, first))


# -- who is asked --------------------------------------------------------------------------------------------


def test_a_gold_text_goes_through_its_person_again_and_is_gold_anew(
    done: Revision, ada: User, ben: User
) -> None:
    corpus = done.article.corpus
    put_in(corpus, "Exports rose by 12 percent in 2024.\n", "other")
    work_jobs("test", limit=10, seconds=30)
    was, before = {row.surface for row in gold(done).standing.values()}, own(ada, done)
    extent = extent_of(COMMAND, corpus, labels=["claim"])
    assert (extent.articles, extent.passes, dict(extent.lines)) == (1, 1, {"claim": 3})
    rereview = ask(corpus, "claim", reason="R1 was too wide")
    assert status(done) == "gold", "until it is decided anew"
    view = gold(done)
    assert {view.standing[line].label for line in outdated_gold(view, demands_of(corpus.pk))} == {"claim"}
    assert left_of(rereview).lines == {"claim": 3}
    # Ben, who has no pass to go through again, gets what is in the queue.
    other = take(acting(ben), corpus)
    assert other and other.revision_id != done.pk
    assignment = take(acting(ada), corpus)
    assert assignment and assignment.revision_id == done.pk, "before what is new"
    assert take(acting(ada), corpus) is None, "once, and nothing else is left"
    assert status(done) == "in_review"
    with pytest.raises(InvalidTransition, match="3 decisions were made under an older guideline"):
        submit_pass(acting(ada), done)
    confirm_due(ada, done)
    submit_pass(acting(ada), done)
    assert status(done) == "gold"
    assert says(own(ada, done)) == says(before)
    view = gold(done)
    assert {row.surface for row in view.standing.values()} == was
    under = {(row.label, view.held[line].guideline) for line, row in view.standing.items()}
    # The source that a claim shares with a quote was confirmed with the claim.
    assert under == {("claim", 2), ("quote", 1), ("attribution", 2), ("cue", 1)}
    assert outdated_gold(view, demands_of(corpus.pk)) == set()
    left = left_of(rereview)
    assert (left.asked, left.passes, left.lines) == (1, 0, {})
    assert sound(corpus)


def test_a_pass_in_hand_is_not_submitted_with_due_lines_either(suggested: Revision, ada: User) -> None:
    corpus = suggested.article.corpus
    for row in machine(suggested).annotations.values():
        say(ada, suggested, "skip", row.pk)
    publish(corpus)
    rereview = ask(corpus, "quote")
    assert left_of(rereview).asked == 0, "nothing is submitted yet"
    with pytest.raises(InvalidTransition, match="older guideline"):
        submit_pass(acting(ada), suggested)
    confirm_due(ada, suggested)
    submit_pass(acting(ada), suggested)


def test_others_are_waited_for_and_what_was_settled_of_other_labels_stays(
    suggested: Revision, ada: User, ben: User, cy: User
) -> None:
    corpus = settings(suggested.article.corpus, passes=2)
    decide_all(ada, suggested)
    decide_all(
        ben,
        suggested,
        **{"nine weeks": {"verdict": "reject", "reason": "other"}, "12 percent": {"verdict": "skip"}},
    )
    disputes = {dispute.start: dispute for dispute in Dispute.objects.filter(revision=suggested)}
    layer = Layer.objects.get(revision=suggested, reviewer=ada)
    assert len(disputes) == 2
    for dispute in disputes.values():
        settle_dispute(acting(cy), dispute, Choice(take=layer.pk, reason="other"), version=1)
    settled = gold(suggested)
    assert status(suggested) == "gold"
    publish(corpus)
    ask(corpus, "claim")
    for user in (ada, ben):
        assert take(acting(user), corpus)
        confirm_due(user, suggested)
        if user == ada:
            submit_pass(acting(ada), suggested)
            assert status(suggested) == "in_review" or not Dispute.objects.filter(status="open").exists()
    submit_pass(acting(ben), suggested)
    quote, claim = (Dispute.objects.get(pk=disputes[start].pk) for start in sorted(disputes))
    assert quote.status == "settled", "nobody changed anything about it"
    assert claim.status == "dropped"
    again = Dispute.objects.get(revision=suggested, status="open")
    assert again.start == claim.start, "it was settled by the old rule"
    assert {row.surface for row in gold(suggested).standing.values()} == {
        row.surface for row in settled.standing.values()
    }
    settle_dispute(acting(cy), again, Choice(take=layer.pk, reason="other"), version=1)
    assert status(suggested) == "gold"
    assert outdated_gold(gold(suggested), demands_of(corpus.pk)) == set()
    assert sound(corpus)


def test_a_change_of_mind_about_something_settled_is_disputed_anew(
    suggested: Revision, ada: User, ben: User, cy: User
) -> None:
    corpus = settings(suggested.article.corpus, passes=2)
    decide_all(ada, suggested)
    decide_all(ben, suggested, **{"nine weeks": {"verdict": "reject", "reason": "other"}})
    dispute = Dispute.objects.get(revision=suggested)
    settle_dispute(acting(cy), dispute, Choice(reject=True, reason="other"), version=1)
    publish(corpus)
    ask(corpus, "claim")
    for user in (ada, ben):
        assert take(acting(user), corpus)
        confirm_due(user, suggested)
        if user == ada:
            # The quote as before, but for its source.
            quote = suggestion(suggested, "nine weeks")
            child = next(
                iter(row for row in own(ada, suggested).standing.values() if row.label == "attribution")
            )
            versions = own(ada, suggested).versions
            say(ada, suggested, "correct", child.pk, segments=((child.start, child.end - 2),),
                version=versions[child.root])  # fmt: skip
            assert quote.root in own(ada, suggested).standing
        submit_pass(acting(user), suggested)
    dispute.refresh_from_db()
    assert dispute.status == "dropped"
    assert Dispute.objects.filter(revision=suggested, status="open").count() >= 1
    assert sound(corpus)


def test_a_lost_lease_leaves_it_to_its_person_and_giving_it_back_to_others(
    done: Revision, ada: User, ben: User
) -> None:
    corpus = done.article.corpus
    ask(corpus, "quote")
    assert take(acting(ada), corpus)
    lose_the_lease()
    assert take(acting(ben), corpus) is None
    again = take(acting(ada), corpus)
    assert again and (again.revision_id, again.number) == (done.pk, 1)
    give_back(acting(ada), again)
    assert take(acting(ada), corpus) is None
    anew = take(acting(ben), corpus)
    assert anew and anew.revision_id == done.pk
    decide_all(ben, done)
    assert status(done) == "gold"
    assert sound(corpus)


def test_who_left_is_not_waited_for_and_what_they_said_stays_marked(
    suggested: Revision, ada: User, ben: User
) -> None:
    corpus = settings(suggested.article.corpus, passes=2)
    decide_all(ada, suggested)
    decide_all(ben, suggested)
    publish(corpus)
    rereview = ask(corpus, "quote")
    remove_member(COMMAND, corpus, ben)
    left = left_of(rereview)
    assert (left.passes, left.abandoned) == (2, 1)
    assert take(acting(ada), corpus)
    confirm_due(ada, suggested)
    submit_pass(acting(ada), suggested)
    assert status(suggested) == "gold"
    assert outdated_gold(gold(suggested), demands_of(corpus.pk)), "half of it was decided by the old rule"
    assert sound(corpus)


def test_looking_for_who_left_costs_no_more_among_many_accounts(suggested: Revision, ada: User) -> None:
    corpus = settings(suggested.article.corpus)
    decide_all(ada, suggested)
    publish(corpus)
    ask(corpus, "quote")

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert sweep_rereviews() == 0
        return [query["sql"] for query in captured]

    before = asked()
    User.objects.bulk_create([User(username=f"somebody-{number}") for number in range(200)])
    assert asked() == before and before
    if connection.vendor == "sqlite":
        people = [query for query in before if query.startswith('SELECT "annotations_recall"."reviewer_id"')]
        with connection.cursor() as cursor:
            plans = [str(cursor.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()) for query in people]
        assert plans and all("recall_people" in plan and "B-TREE" not in plan for plan in plans)


def test_a_pass_taken_up_again_by_who_left_goes_to_others(done: Revision, ada: User, ben: User) -> None:
    corpus = done.article.corpus
    ask(corpus, "quote")
    assert take(acting(ada), corpus)
    remove_member(COMMAND, corpus, ada)
    lose_the_lease()
    anew = take(acting(ben), corpus)
    assert anew and anew.revision_id == done.pk
    decide_all(ben, done)
    assert status(done) == "gold"
    assert sound(corpus)


def lose_the_lease() -> None:
    Assignment.objects.filter(status="taken").update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep_assignments() == 1


def stop_reviewing(corpus: Corpus, user: User, how: str) -> None:
    if how == "leaves":
        remove_member(COMMAND, corpus, user)
    elif how == "only reads":
        set_member(COMMAND, corpus, user, Role.VIEWER)
    else:
        User.objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.parametrize("how", ["leaves", "only reads", "is barred"])
def test_a_pass_whose_lease_ran_out_before_its_person_left_goes_to_others(
    done: Revision, ada: User, ben: User, how: str
) -> None:
    corpus = done.article.corpus
    ask(corpus, "quote")
    assert take(acting(ada), corpus)
    lose_the_lease()
    assert sweep_rereviews() == 0
    assert take(acting(ben), corpus) is None, "it waits for Ada"
    stop_reviewing(corpus, ada, how)
    assert (sweep_rereviews(), sweep_rereviews()) == (1, 0)
    anew = take(acting(ben), corpus)
    assert anew and anew.revision_id == done.pk
    decide_all(ben, done)
    assert status(done) == "gold"
    assert sound(corpus)


def test_a_text_that_waits_for_who_left_goes_on_as_they_had_submitted_it(
    suggested: Revision, ada: User, ben: User
) -> None:
    corpus = settings(suggested.article.corpus, passes=2)
    other = put_in(corpus, external_id="other")
    work_jobs("test", limit=10, seconds=30)
    for text in (suggested, other):
        decide_all(ada, text)
        decide_all(ben, text)
    publish(corpus)
    rereview = ask(corpus, "quote")
    assert take(acting(ada), corpus)
    confirm_due(ada, suggested)
    submit_pass(acting(ada), suggested)
    assert (status(suggested), status(other)) == ("submitted", "gold")
    remove_member(COMMAND, corpus, ben)
    assert (sweep_rereviews(), sweep_rereviews()) == (1, 0)
    assert status(suggested) == "gold"
    assert outdated_gold(gold(suggested), demands_of(corpus.pk))
    left = left_of(rereview)
    assert (left.passes, left.abandoned) == (2, 1), "Ada's and Ben's over the other text, which is gold"
    assert sound(corpus)


def test_closing_lets_texts_go_on(suggested: Revision, ada: User, ben: User) -> None:
    corpus = settings(suggested.article.corpus, passes=2)
    decide_all(ada, suggested)
    decide_all(ben, suggested)
    publish(corpus)
    rereview = ask(corpus, "quote")
    assert take(acting(ada), corpus)
    confirm_due(ada, suggested)
    submit_pass(acting(ada), suggested)
    assert status(suggested) == "submitted", "Ben is asked too"
    close_rereview(COMMAND, rereview)
    assert take(acting(ben), corpus) is None
    assert sweep_rereviews() == 1
    assert status(suggested) == "gold"
    assert left_of(rereview).passes == 0
    assert sweep_rereviews() == 0
    assert sound(corpus)


def test_an_approval_is_of_what_was_decided_when_it_was_decided(
    suggested: Revision, ada: User, cy: User
) -> None:
    corpus = suggested.article.corpus
    decide_all(ada, suggested)
    publish(corpus)
    approve_passes(acting(cy), suggested)
    assert set(Settlement.objects.values_list("guideline", flat=True)) == {1}
    # The control: what an adjudicator decides is decided by today's rules.
    assert guideline_number(corpus.pk) == 2


def test_without_a_re_review_gold_stays_closed(done: Revision, ada: User) -> None:
    with pytest.raises(InvalidTransition, match="gold"):
        reopen_pass(acting(ada), done)
    ask(done.article.corpus, "quote")
    assert reopen_pass(acting(ada), done).submitted_at is None


# -- listing -------------------------------------------------------------------------------------------------


def test_listing_goes_on_where_it_stopped_and_twice_is_once(
    single: Revision, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = single.article.corpus
    others = [put_in(corpus, TEXT.replace("nine", f"{n + 2}"), f"a-{n}") for n in range(3)]
    work_jobs("test", limit=10, seconds=30)
    for revision in (single, *others):
        decide_all(ada, Revision.objects.select_related("article").get(pk=revision.pk))
    publish(corpus)
    monkeypatch.setattr(rereviews, "CHUNK", 1)
    rereview = ask(corpus, "quote", "claim")
    assert left_of(rereview).asked == 1, "the first chunk came with it"
    amended = put_in(corpus, "Nothing.\n", "a-0")
    erase_article(COMMAND, others[1].article, reason="taken down")
    assert sum(list_whole(rereview)) == 1
    ReReview.objects.update(listed_to=None, listed_at=None)
    assert sweep_rereviews() == 2
    assert ReReview.objects.get().listed_at
    assert Recall.objects.values("layer").distinct().count() == 2
    assert left_of(rereview).lines == {"claim": 6, "quote": 4}
    put_in(corpus, "Nothing at all.\n", "a-2")
    assert left_of(rereview).passes == 1, "nobody goes through an amended text"
    assert take(acting(ada), corpus)
    assert amended.pk not in Recall.objects.values_list("layer__revision", flat=True)


# -- who may -------------------------------------------------------------------------------------------------


def test_leads_ask_and_nobody_else(suggested: Revision, lea: User, cy: User, dee: User) -> None:
    corpus = suggested.article.corpus
    for words, message in (
        ({"labels": ["verb"]}, "no label 'verb'"),
        ({"labels": []}, "one label or more"),
        ({"labels": ["quote"], "since": 2}, "versions 1 to 1"),
        ({"labels": ["quote"], "since": 0}, "versions 1 to 1"),
        ({"labels": ["quote"], "reason": "x" * 2_001}, "2000 characters"),
    ):
        with pytest.raises(BadInput, match=message):
            open_rereview(acting(lea), corpus, **words)
    with pytest.raises(NotAllowed):
        open_rereview(acting(cy), corpus, labels=["quote"])
    with pytest.raises(NotFound):
        open_rereview(acting(dee), corpus, labels=["quote"])
    rereview = open_rereview(acting(lea), corpus, labels=["quote"])
    with pytest.raises(NotAllowed):
        close_rereview(acting(cy), rereview)
    assert Review.objects.count() == 0


def test_what_was_confirmed_goes_out_and_comes_in_again(done: Revision, ada: User) -> None:
    corpus = done.article.corpus
    ask(corpus, "quote")
    assert take(acting(ada), corpus)
    confirm_due(ada, done)
    submit_pass(acting(ada), done)
    target = io.BytesIO()
    export_corpus(COMMAND, corpus, layer="all", target=target)
    twin = create_corpus(COMMAND, slug="twin", name="Twin")
    outcomes = list(import_records(COMMAND, twin, target.getvalue().splitlines(), source="x"))
    assert [outcome.reason for outcome in outcomes] == [""]
    copy = Revision.objects.get(corpus=twin)
    here, there = own(ada, done), own(ada, copy)
    assert (standing(there), linked(there)) == (standing(here), linked(here))
    assert {row.guideline for row in there.reviews} == {1, 2}
    under = {
        (row.label, view.held[line].guideline) for view in [gold(copy)] for line, row in view.standing.items()
    }
    assert ("quote", 2) in under and ("claim", 1) in under
