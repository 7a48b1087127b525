"""verify finds planted damage of every kind, and nothing where there is none."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.db.models import QuerySet

from annotations.models import (
    Annotation,
    Assignment,
    Dispute,
    Job,
    Layer,
    Relation,
    Review,
    Segment,
    Settlement,
)
from annotations.services.erasing import erase_article
from annotations.services.passes import submit_pass
from annotations.services.verifying import Lie, verify
from corpus.ids import uuid7
from corpus.models import Article, Block, Corpus, Event, RawSource, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.events import seal_events
from corpus.triggers import remove
from tests.annotations.deciding import at, machine, say, suggestion
from tests.annotations.test_exporting import drop_rows, worked_on  # noqa: F401 - the fixture
from tests.annotations.test_gold_records import settled  # noqa: F401 - the fixture
from tests.conftest import GUARDS, TEXT, acting, put_in


def lies(corpus: Corpus | None = None) -> list[Lie]:
    return [found for found in verify(corpus) if isinstance(found, Lie)]


def first_of(model, **filters):
    return model._default_manager.filter(**filters).order_by("pk").first()


def set_first(model, values, **filters):
    model._default_manager.filter(pk=first_of(model, **filters).pk).update(**values)


def copy_row(row: Annotation) -> None:
    row.pk = uuid7()
    row.root = row.pk
    row.save(force_insert=True)


def loose_relations() -> "QuerySet[Relation]":
    """Return the suggested relations that nobody has decided on."""
    taken = Relation.objects.filter(derived_from__isnull=False).values("derived_from")
    rows = Relation.objects.filter(origin="machine", reviews=None).exclude(pk__in=taken)
    return Relation.objects.filter(pk__in=rows.values("pk"), label="cue")


def lose_a_cue() -> None:
    relation = loose_relations().first()
    assert relation is not None
    drop_rows(Relation.objects.filter(pk=relation.pk))
    drop_rows(Annotation.objects.filter(pk=relation.child_id))


def swap_two_events(corpus: Corpus) -> None:
    one, two = Event.objects.filter(corpus=corpus).order_by("position")[3:5]
    Event.objects.filter(pk=one.pk).update(action=two.action)


DAMAGE: dict[str, tuple[str, Callable[[Corpus], object]]] = {
    "a changed text": ("texts", lambda c: set_first(Revision, {"text": "x"}, article__external_id="bridge")),
    "a changed text hash": ("texts", lambda c: set_first(Revision, {"text_sha256": "0" * 64}, corpus=c)),
    "a changed hash of the delivery": ("texts", lambda c: set_first(
        Revision, {"sha256": "0" * 64}, corpus=c)),
    "a wrong length": ("texts", lambda c: set_first(Revision, {"length": 9_999}, corpus=c)),
    "a changed page": ("texts", lambda c: RawSource.objects.update(data=b"other")),
    "a lost page": ("texts", lambda c: RawSource.objects.all().delete()),
    "a block past its text": ("blocks", lambda c: set_first(Block, {"end": 99_999}, revision__corpus=c)),
    "no current revision": ("revisions", lambda c: set_first(
        Revision, {"current": False, "status": "superseded"}, article__external_id="hostile")),
    "a story of nobody": ("stories", lambda c: set_first(Article, {"story": uuid7()}, corpus=c)),
    "a moved span": ("spans", lambda c: set_first(Annotation, {"start": 1, "end": 4}, label="claim")),
    "a changed surface": ("spans", lambda c: set_first(Annotation, {"surface": "No."}, origin="reviewer")),
    "a span past its text": ("spans", lambda c: set_first(Annotation, {"end": 99_999}, origin="machine")),
    "a changed further segment": ("spans", lambda c: Segment.objects.update(surface="No.")),
    "segments out of order": ("spans", lambda c: Segment.objects.update(
        start=at(TEXT, "Ruiz warned")[0], end=at(TEXT, "Ruiz warned")[1], surface="Ruiz warned")),
    "a line that begins elsewhere": ("lines", lambda c: set_first(
        Annotation, {"root": first_of(Annotation, label="claim").pk}, label="cue", origin="machine")),
    "a relation out of its layer": ("relations", lambda c: set_first(
        Relation, {"head": first_of(Annotation, origin="reviewer")}, origin="machine")),
    "a lost suggestion": ("layers", lambda c: lose_a_cue()),
    "a lost suggested relation": ("layers", lambda c: drop_rows(loose_relations()[:1])),
    "a suggestion that nobody made": ("layers", lambda c: copy_row(first_of(Annotation, origin="machine"))),
    "a changed label": ("layers", lambda c: set_first(
        Annotation, {"label": "cue"}, origin="machine", label="claim")),
    "a decision's annotation in another's layer": ("reviews", lambda c: set_first(
        Annotation, {"layer": first_of(Layer, kind="machine")}, origin="reviewer")),
    "a decision's relation in another's layer": ("reviews", lambda c: set_first(
        Relation, {"layer": first_of(Layer, kind="machine")}, origin="reviewer")),
    "a decision whose annotation is another's": ("reviews", lambda c: set_first(
        Review, {"result": first_of(Annotation, origin="machine")}, verdict="accept", relation=None)),
    "an encoding that is none": ("texts", lambda c: set_first(
        Revision, {"encoding": "martian"}, corpus=c, extractor="")),
    "a lost review": ("reviews", lambda c: drop_rows(
        Review.objects.filter(verdict="skip"))),
    "a review that nobody made": ("reviews", lambda c: drop_rows(
        Event.objects.filter(action="review.skip"))),
    "a changed verdict": ("reviews", lambda c: set_first(Review, {"verdict": "accept"}, verdict="skip")),
    "a status that claims gold": ("status", lambda c: set_first(Revision, {"status": "gold"}, status="new")),
    "a status that claims a review": ("status", lambda c: set_first(
        Revision, {"status": "in_review"}, number=2)),
    "a status that denies a review": ("status", lambda c: set_first(
        Revision, {"status": "suggested"}, status="in_review")),
    "a submitted pass that is none": ("status", lambda c: Layer.objects.update(submitted_at=None)),
    "a done job without its layer": ("jobs", lambda c: set_first(Job, {"status": "done"}, status="queued")),
    "a changed event": ("events", lambda c: set_first(Event, {"reason": "no reason"}, corpus=c)),
    "a changed event detail": ("events", lambda c: set_first(
        Event, {"after": {}}, corpus=c, action="review.reject")),
    "a deleted event": ("events", lambda c: drop_rows(Event.objects.filter(corpus=c, position=3))),
    "events in another order": ("events", swap_two_events),
}  # fmt: skip


GOLD_DAMAGE: dict[str, tuple[str, Callable[[], object]]] = {
    "a result on another line": ("gold", lambda: set_first(
        Settlement, {"line": uuid7()}, outcome="taken", result__isnull=False)),
    "a result in another layer": ("gold", lambda: set_first(
        Settlement, {"result": first_of(Annotation, origin="machine")},
        outcome="taken", result__isnull=False)),
    "a relation that gold has not": ("gold", lambda: set_first(
        Settlement, {"result_relation": first_of(Relation, origin="machine")},
        result_relation__isnull=False)),
    "a settlement that is missing": ("gold", lambda: set_first(
        Settlement, {"version": 9}, outcome="taken", result__isnull=False)),
    "gold without its layer": ("status", lambda: set_first(
        Layer, {"kind": "reviewer", "reviewer": User.objects.get(username="owen")}, kind="gold")),
    "gold with an open dispute": ("status", lambda: Dispute.objects.update(status="open")),
    "a dispute that nobody has": ("status", lambda: set_first(
        Revision, {"status": "disputed"}, status="gold")),
    "an open assignment of a superseded text": ("queue", lambda: set_first(
        Assignment, {"status": "open", "revision": first_of(Revision, current=False)}, status="submitted")),
    "a submitted assignment of nobody's pass": ("queue", lambda: set_first(
        Assignment, {"reviewer": User.objects.get(username="cy")}, status="submitted")),
}  # fmt: skip


@pytest.mark.parametrize("kind", GOLD_DAMAGE)
def test_planted_damage_to_gold_and_the_queue_is_found(settled: Revision, kind: str) -> None:  # noqa: F811
    put_in(settled.article.corpus, "Old.", "amended")
    put_in(settled.article.corpus, "New.", "amended")
    assert lies() == []
    check, damage = GOLD_DAMAGE[kind]
    remove(GUARDS, connection)
    with connection.constraint_checks_disabled():
        damage()
    assert check in {lie.check for lie in lies(settled.article.corpus)}, kind


@pytest.fixture
def sealed(worked_on: Corpus) -> Corpus:  # noqa: F811
    while seal_events():
        pass
    return worked_on


def test_nothing_lies_in_a_corpus_that_was_only_worked_on(sealed: Corpus) -> None:
    assert lies() == []


@pytest.mark.parametrize("kind", DAMAGE)
def test_planted_damage_is_found(sealed: Corpus, kind: str) -> None:
    check, damage = DAMAGE[kind]
    remove(GUARDS, connection)
    with connection.constraint_checks_disabled():
        damage(sealed)
    assert check in {lie.check for lie in lies(sealed)}, kind


def test_missing_guards_are_found(sealed: Corpus) -> None:
    remove(GUARDS[:1], connection)
    assert {lie.on for lie in lies()} >= {"corpus_event_no_update", "corpus_event_no_delete"}


def test_an_erased_article_still_verifies(sealed: Corpus, suggested: Revision, ada: User) -> None:
    article = Article.objects.get(pk=suggested.article_id)
    erase_article(COMMAND, article, reason="taken down by court order")
    seal_events()
    assert lies() == []
    suggested.refresh_from_db()
    assert (suggested.text, suggested.length) == ("", len(TEXT))
    assert not Annotation.objects.filter(layer__revision=suggested).exclude(surface="").exists()


def test_a_word_left_behind_by_erasing_is_found(sealed: Corpus, suggested: Revision) -> None:
    erase_article(COMMAND, suggested.article, reason="taken down")
    remove(GUARDS, connection)
    set_first(Annotation, {"surface": "Ruiz"}, layer__revision=suggested)
    assert [lie.message for lie in lies(sealed) if lie.check == "spans"] == [
        "its article was erased, and its surface is still here."
    ]


def test_an_erased_article_cannot_be_decided_on_or_put_in_again(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    erase_article(COMMAND, suggested.article, reason="taken down")
    fresh = Revision.objects.select_related("article").get(pk=suggested.pk)
    with pytest.raises(Exception, match="erased"):
        say(ada, fresh, "accept", quote.pk)
    assert acting(ada).user == ada


@pytest.mark.parametrize("shown", ["never", "after_pass"])
def test_a_pass_without_suggestions_to_decide_on_is_no_lie(
    suggested: Revision, ada: User, shown: str
) -> None:
    Corpus.objects.update(suggestions_shown=shown)
    submit_pass(acting(ada), suggested)
    assert lies(suggested.corpus) == []


def test_a_submitted_pass_with_a_shown_suggestion_left_is_found(suggested: Revision, ada: User) -> None:
    for row in machine(suggested).annotations.values():
        say(ada, suggested, "skip", row.pk)
    submit_pass(acting(ada), suggested)
    remove(GUARDS, connection)
    drop_rows(Review.objects.filter(pk=first_of(Review).pk))
    assert any("undecided" in lie.message for lie in lies(suggested.corpus))
