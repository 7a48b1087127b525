"""Suggestions withheld and planted: what a pass is shown, what of it is recorded, and that nothing leaks."""

from collections import Counter
from collections.abc import Iterable
from itertools import cycle
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.db import connection
from django.test import Client

from annotations.models import Annotation, Assignment, Dispute, Layer, Review, Verdict
from annotations.services import withholding
from annotations.services.checks import Checked, plants_decided, withheld_looked_for
from annotations.services.comments import post_comment
from annotations.services.decisions import Decision, Link
from annotations.services.desk import Desk, undecided
from annotations.services.jobs import work_jobs
from annotations.services.offering import offer_candidates
from annotations.services.passes import open_desk, reopen_pass, submit_pass
from annotations.services.pipelines import activate_pipeline
from annotations.services.queue import give_back, take
from annotations.services.replay import differences
from annotations.services.reviewed import reviewed_articles
from annotations.services.reviewing import decide_many
from annotations.services.seeing import events_seen_by
from annotations.services.settling import Choice, settle_dispute
from annotations.services.verifying import Lie, verify
from corpus.models import Corpus, Event, Revision, Role, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import publish_guideline
from corpus.services.disclosure import DISCLOSURE, disclosing_rule
from corpus.services.errors import NotFound, StaleVersion
from corpus.triggers import install, remove
from tests.annotations.deciding import at, machine, own, say, standing
from tests.annotations.test_exchange import WRITERS
from tests.annotations.test_exchange import exported as formatted
from tests.annotations.test_exporting import drop_rows, exported
from tests.annotations.test_queue import settings
from tests.api.contract import caller, content_of
from tests.api.test_blindness import paths_of
from tests.conftest import GUARDS, acting, put_in

#: A dozen quotes and claims that are, and four things that are none.
TEXT = """“The bridge will be closed for nine weeks,” said Ana Ruiz, the city engineer.

Ruiz warned that two of its cables had lost a third of their strength.

Her novel “Low Water” lies in every shop. Who in this town would miss the old bridge?

Traffic over the bridge rose by 12 percent in 2024. The council should think again about the ferry.

“Nobody asked us,” said Bo Lind, who runs the ferry. The ferry carried 900 people on Sunday.

The bridge cost 4 million in 1969. It was repaired in 1987 for 900,000. In 2012 the council sold its tolls.

Perhaps everybody should walk to the market instead?
"""
RULES = f"R1. Label what was said.\n\n{DISCLOSURE}\n"


@pytest.fixture
def text(corpus: Corpus) -> Revision:
    publish_guideline(COMMAND, corpus, text=RULES, version=1)
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in(corpus, TEXT)
    work_jobs("test", limit=10, seconds=30)
    return fresh(revision)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw in turn instead of by ids, which differ from run to run."""
    turns, draws = cycle((0.1, 0.9, 0.3, 0.7, 0.05, 0.8, 0.2)), dict[object, float]()

    def in_turn(seed: int, purpose: str, identity: UUID) -> float:
        del purpose
        return (
            draws[seed, identity]
            if (seed, identity) in draws
            else draws.setdefault((seed, identity), next(turns))
        )

    monkeypatch.setattr(withholding, "share", in_turn)


def configured(text: Revision, **changes: Any) -> Corpus:
    """Change settings as a lead does; who acts on `text` then acts under them."""
    settings(text.article.corpus, **changes)
    text.article.corpus.refresh_from_db()
    return text.article.corpus


def fresh(revision: Revision) -> Revision:
    return Revision.objects.select_related("article__corpus").get(pk=revision.pk)


def desk_of(user: User, revision: Revision, role: Role = Role.REVIEWER) -> Desk:
    return open_desk(acting(user), role, fresh(revision))


def lines_of(desk: Desk) -> set[UUID]:
    return {row.root for view in desk.machines for row in view.annotations.values()}


def decide_rest(user: User, revision: Revision, verdict: str = "accept") -> list[dict[str, Any]]:
    """Decide everything that is left, and submit the pass."""
    desk = desk_of(user, revision)
    reason = "other" if verdict == "reject" else ""
    decisions = [
        Decision(
            verdict=Verdict(verdict), on=row.pk, version=desk.own.versions.get(row.root, 0), reason=reason
        )
        for row in undecided(desk.own, desk.machines)
    ]
    receipts = decide_many(acting(user), fresh(revision), decisions)
    assert not [receipt.error for receipt in receipts if receipt.error]
    submit_pass(acting(user), fresh(revision))
    return [receipt.body for receipt in receipts if receipt.body]


def lies(corpus: Corpus) -> list[Lie]:
    return [found for found in verify(corpus) if isinstance(found, Lie)]


# -- withheld ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("drawn")
def test_units_are_withheld_whole_and_always_the_same(text: Revision, ada: User, ben: User) -> None:
    corpus = configured(text, withheld_share=0.5)
    every = lines_of(desk_of(ada, text, Role.LEAD))
    seen = lines_of(desk_of(ada, text))
    assert seen < every and seen == lines_of(desk_of(ada, text))
    assert lines_of(desk_of(ben, text)) != seen, "another pass goes without others"
    view = machine(text)
    for relation in view.relations.values():
        head, child = view.end_lines(relation)
        others = {
            view.end_lines(row)[0] for row in view.relations.values() if view.end_lines(row)[1] == child
        }
        assert child in seen or not others & seen, "what a shown quote leads to is shown"
        assert child not in seen or others & seen, "what only withheld ones lead to is withheld"
        assert head in every
    missing = offer_candidates(acting(ada), fresh(text)).missing
    hidden = desk_of(ada, text).shown.withheld
    assert hidden and not {(one.label, one.segments) for one in missing} & {
        (row.label, row.segments) for row in hidden
    }
    taken = take(acting(ada), corpus)
    assert taken and taken.withheld_share == 0.5
    configured(text, withheld_share=0.1)
    assert lines_of(desk_of(ada, text)) == seen, "a pass in hand stays as it began"
    assert lines_of(desk_of(ben, text)) > lines_of(desk_of(ada, text)) - seen


@pytest.mark.usefixtures("drawn")
def test_a_pass_is_whole_without_what_is_withheld_and_then_shows_it(text: Revision, ada: User) -> None:
    corpus = configured(text, withheld_share=0.5)
    seen, hidden = lines_of(desk_of(ada, text)), desk_of(ada, text).shown.withheld
    with pytest.raises(NotFound):
        say(ada, text, "accept", hidden[0].line)
    decide_rest(ada, text)
    assert lies(corpus) == []
    assert lines_of(desk_of(ada, text)) == seen | {row.line for row in hidden}
    Assignment.objects.update(withheld_share=0)
    assert [lie.check for lie in lies(corpus)] == ["status"], "the control"
    Assignment.objects.update(withheld_share=0.5)
    reopen_pass(acting(ada), fresh(text))
    assert {row.root for row in undecided(desk_of(ada, text).own, desk_of(ada, text).machines)} == {
        row.line for row in hidden
    }, "taken up again, it has nothing to look for any more"


@pytest.mark.usefixtures("drawn")
def test_what_was_withheld_and_found_is_told_from_what_was_not(
    text: Revision, ada: User, ben: User, cy: User, django_assert_max_num_queries: Any
) -> None:
    corpus = configured(text, passes=2, withheld_share=0.5)
    units = {row.line: row for row in desk_of(ada, text).shown.withheld if row.leads}
    found = next(iter(units.values()))
    attributes = {"type": "direct"} if found.label == "quote" else {}
    say(ada, text, "add", label=found.label, segments=found.segments, attributes=attributes)
    configured(text, withheld_share=0)
    decide_rest(ben, text)
    decide_rest(ada, text)
    assert list(withheld_looked_for(corpus)) == [], "not before it is gold"
    for dispute in Dispute.objects.filter(status="open"):
        choice = Choice(take=own(ben, text).layer.pk, reason="overlooked")
        settle_dispute(acting(cy), dispute, choice, version=dispute.version)
    # A page of passes, their layers, what those hold and what was shown; then no further page.
    with django_assert_max_num_queries(9):
        looked = list(withheld_looked_for(corpus))
    assert {one.line for one in looked} == units.keys() and len(units) > 1
    assert {one.line for one in looked if one.passed} == {found.line}
    assert {(one.reviewer_id, one.article_id) for one in looked} == {(ada.pk, text.article_id)}
    Layer.objects.filter(reviewer=ben).update(submitted_at=None)
    assert list(withheld_looked_for(corpus)) == [], "gold of the own pass alone tells nothing"


# -- unaided -------------------------------------------------------------------------------------------------


def test_the_pass_more_of_a_drawn_article_is_made_without_suggestions(
    text: Revision, ada: User, ben: User
) -> None:
    corpus = configured(text, unaided_share=1.0)
    assert [take(acting(user), corpus).unaided for user in (ada, ben)] == [False, True]  # type: ignore[union-attr]
    assert lines_of(desk_of(ada, text)) and not lines_of(desk_of(ben, text))
    assert offer_candidates(acting(ben), fresh(text)).missing == ()
    say(ben, text, "add", label="claim", segments=(at(TEXT, "rose by 12 percent"),))
    submit_pass(acting(ben), fresh(text))
    decide_rest(ada, text)
    shown = Review.objects.values_list("layer__reviewer", "suggestions_shown").distinct()
    assert set(shown) == {(ada.pk, True), (ben.pk, False)}
    assert lines_of(desk_of(ben, text)), "submitted, it shows what the others saw"


def test_who_opens_an_article_leaves_its_unaided_pass_to_others(text: Revision, ada: User, ben: User) -> None:
    corpus = configured(text, unaided_share=1.0)
    take(acting(ada), corpus)
    say(ben, text, "accept", next(iter(lines_of(desk_of(ben, text)))))
    assert set(Assignment.objects.values_list("number", "status", "unaided")) == {
        (1, "taken", False), (2, "open", False), (3, "taken", False),
    }  # fmt: skip


# -- planted -------------------------------------------------------------------------------------------------


@pytest.fixture
def planted(text: Revision, ada: User) -> list[Annotation]:
    """A pass of ada's, from the queue, with planted suggestions in it."""
    corpus = configured(text, planted_share=0.2)
    assert take(acting(ada), corpus)
    rows = list(Annotation.objects.filter(layer__in=Layer.planted.all()).order_by("start"))
    assert len(rows) > 1
    return rows


def test_a_plant_is_shown_like_the_others(text: Revision, planted: list[Annotation], ada: User) -> None:
    view = desk_of(ada, text).machines[0]
    rows = list(view.annotations.values())
    assert rows == sorted(rows, key=lambda row: (row.start, row.pk))
    others = [row for row in rows if row.pk not in {one.pk for one in planted}]
    for row in planted:
        like = [other for other in others if other.label == row.label]
        assert row.score in {other.score for other in like} and row.origin == "machine"
        assert row.label != "claim" or row.reason.startswith("check-worthy: ")
        assert not any(row.start < other.end and other.start < row.end for other in like)
        before = max(
            (other.pk for other in others if other.start <= row.start), default=min(others[0].pk, row.pk)
        )
        assert before <= row.pk and row.pk.int >> 80 == others[0].pk.int >> 80, "an id of the same moment"


def test_a_comment_does_not_tell_a_plant(
    text: Revision, planted: list[Annotation], ada: User, ben: User, client: Client
) -> None:
    plant = planted[0]
    like = next(iter(desk_of(ada, text).machines[0].annotations.values()))
    client.force_login(ada)
    for row in (plant, like):
        assert post_comment(acting(ada), text.article, "Is it?", annotation=row.pk).line == row.root
        page = f"/admin/corpus/article/{text.article_id}/comments/?line={row.root}"
        assert "that does not show to you" not in client.get(page).text
    post_comment(acting(ben), text.article, "Is it?", annotation=like.pk)
    with pytest.raises(NotFound):
        post_comment(acting(ben), text.article, "Is it?", annotation=plant.pk)


def test_an_accepted_plant_is_taken_back_at_once(
    text: Revision, planted: list[Annotation], ada: User, django_assert_max_num_queries: Any
) -> None:
    one, other = planted[:2]
    receipt = say(ada, text, "accept", one.pk, key="k1")
    assert "rule R22" in receipt["notice"] and (receipt["version"], receipt["annotation"]) == (2, None)
    assert say(ada, text, "accept", one.pk, key="k1") == receipt, "a replay gets its receipt"
    with pytest.raises(NotFound):
        say(ada, text, "retract", one.pk, version=2)
    assert say(ada, text, "reject", other.pk, reason="other")["notice"] is None
    with pytest.raises(StaleVersion):
        say(ada, text, "accept", other.pk)
    say(ada, text, "retract", other.pk, version=1)
    assert other.pk in {row.pk for row in undecided(desk_of(ada, text).own, desk_of(ada, text).machines)}
    say(ada, text, "reject", other.pk, version=2, reason="other")
    assert one.pk not in lines_of(desk_of(ada, text))
    assert standing(own(ada, text)) == set()
    decide_rest(ada, text)
    with django_assert_max_num_queries(1):
        checked = {check.line: check for check in plants_decided(text.article.corpus)}
    assert checked.keys() == {row.root for row in planted}
    assert (checked[one.root].passed, checked[other.root].passed) == (False, True)
    assert checked[one.root] == Checked(ada.pk, text.article_id, one.root, checked[one.root].at, passed=False)
    assert not lines_of(desk_of(ada, text)) & checked.keys(), "a submitted pass shows none"
    reopen_pass(acting(ada), fresh(text))
    assert not lines_of(desk_of(ada, text)) & checked.keys(), "nor does one that is taken up again"


@pytest.mark.parametrize("way", ["correct", "link", "head"])
def test_there_is_no_other_way_to_keep_a_plant(
    text: Revision, planted: list[Annotation], ada: User, way: str
) -> None:
    plant = next(row for row in planted if row.label == "claim")
    ways: dict[str, dict[str, Any]] = {
        "correct": {"verdict": "correct", "on": plant.pk, "segments": ((plant.start, plant.end - 1),)},
        "link": {
            "verdict": "add", "label": "quote", "segments": (at(TEXT, "Nobody asked us"),),
            "attributes": {"type": "direct"}, "links": {"source": [Link(annotation=plant.pk)]},
        },
        "head": {
            "verdict": "add", "label": "source", "head": plant.pk,
            "child": next(row for row in machine(text).annotations.values() if row.label == "attribution").pk,
        },
    }  # fmt: skip
    assert "planted" in say(ada, text, **ways[way])["notice"]
    assert standing(own(ada, text)) == set()


def test_planting_stops_with_its_disclosure(text: Revision, planted: list[Annotation], ada: User) -> None:
    corpus = text.article.corpus
    publish_guideline(COMMAND, corpus, text="R1. Label what was said.", version=2)
    assert not lines_of(desk_of(ada, text)) & {row.pk for row in planted}
    put_in(corpus, TEXT.replace("nine", "ten"), "later")
    work_jobs("test", limit=10, seconds=30)
    taken = take(acting(ada), corpus)
    assert taken and not taken.planted
    assert disclosing_rule(RULES) == "R22" and disclosing_rule("Our suggestions are planted.") is None


def test_plants_vanish_with_a_pass_that_is_given_back(
    text: Revision, planted: list[Annotation], ada: User, ben: User
) -> None:
    give_back(acting(ada), Assignment.objects.get(status="taken"))
    assert not lines_of(desk_of(ada, text)) & {row.pk for row in planted}
    assert take(acting(ben), fresh(text).article.corpus)
    assert not lines_of(desk_of(ben, text)) & {row.pk for row in planted}, "everybody gets their own"
    assert list(plants_decided(text.article.corpus)) == []


def test_nothing_leaks_of_what_was_planted(
    text: Revision, planted: list[Annotation], ada: User, cy: User, ben: User
) -> None:
    """Whatever leaves Attest is byte for byte what it would be without the planted layer."""
    corpus = configured(text, single_is_gold=True)
    receipts = decide_rest(ada, text)
    assert sum(receipt["notice"] is not None for receipt in receipts) == len(planted)
    real = machine(text)
    with_plants = everything_out(corpus)
    traces = planted_ids()
    for name, data in with_plants.items():
        assert not any(trace in data for trace in traces), name
    assert str(next(iter(real.annotations))).encode() in with_plants["native all"], "the control"
    assert lies(corpus) == [] and not any(found for _, found in differences(corpus))
    events = [event for event in Event.objects.filter(corpus=corpus) if event.action.startswith("check.")]
    acts = Counter(event.action for event in events)
    assert acts == {"check.terms": 1, "check.planted": 1, "check.decided": len(planted)}
    words = orjson.dumps([[event.before, event.after, event.reason] for event in events]).decode()
    assert not any(row.surface in words for row in planted)
    cast = [(ada, Role.REVIEWER), (ben, Role.REVIEWER), (cy, Role.ADJUDICATOR), (cy, Role.LEAD)]
    for user, role in cast:
        seen = events_seen_by(acting(user), corpus, role, Event.objects.all())
        assert seen.filter(action__startswith="check.").exists() is (role == Role.LEAD)
    Layer.planted.update(kind="reviewer", pipeline=None, reviewer=ben)
    assert any(trace in exported(corpus)[0] for trace in traces), "the control: in a layer of another kind"
    Layer.objects.filter(reviewer=ben).update(kind="planted", pipeline=real.layer.pipeline, reviewer=ada)
    forget_planted()
    assert everything_out(corpus) == with_plants


def everything_out(corpus: Corpus) -> dict[str, bytes]:
    """Return all that a corpus gives away, by name: exports of every format, and what is learned of."""
    found = {f"native {layer}": exported(corpus, layer)[0] for layer in ("all", "gold", "machine")}
    for name in WRITERS:
        for layer in ("all", "gold"):
            if name != "parquet":
                found[f"{name} {layer}"] = formatted(corpus, name, layer)[0]
    truths = [repr((item.truth, item.article.text)) for item in reviewed_articles(corpus)]
    found["training"] = "".join(truths).encode()
    found["calibration"] = repr(outcomes(corpus)).encode()
    return found


def outcomes(corpus: Corpus) -> list[Any]:
    """Return what people decided on the machines' suggestions, as figures and calibration count it."""
    layers = Layer.objects.filter(revision__corpus=corpus)
    return list(Review.objects.filter(layer__in=layers).order_by("id").values_list("annotation", "verdict"))


def planted_ids() -> list[bytes]:
    layers = list(Layer.planted.all())
    rows = [*Annotation.objects.filter(layer__in=layers), *Review.objects.filter(layer__in=layers), *layers]
    return [str(row.pk).encode() for row in rows]


def forget_planted() -> None:
    layers = list(Layer.planted.all())
    remove(GUARDS, connection)
    drop_rows(Review._default_manager.filter(layer__in=layers))
    drop_rows(Annotation._default_manager.filter(layer__in=layers))
    drop_rows(Layer.planted.all())
    install(GUARDS, connection)


# -- what is served ------------------------------------------------------------------------------------------


def served(user: User, text: Revision, ids: Iterable[UUID]) -> dict[str, str]:
    """Return what the API and the pages say to a person of a text, and of two of some ids, by path."""
    who, some = caller(user), list(ids)[:2]
    about = (str(text.article_id), "next/", "stats/", "agreement/", "events/")
    paths = [path for path in paths_of(text.article_id) if any(words in path for words in about)]
    paths += [f"annotations/{pk}/{rest}" for pk in some for rest in ("", "history/")]
    answers = {path: who.get(path) for path in paths}
    found = {path: content_of(one).decode() for path, one in answers.items() if one.status_code == 200}
    browser = Client()
    browser.force_login(user)
    pages = {
        name: f"/admin/corpus/article/{text.article_id}/{name}"
        for name in ("change/", "review/", "workbench/", "workbench/state/")
    }
    pages["layer"] = f"{pages['change/']}?layer={machine(text).layer.pk}"
    rows = f"?layer__revision={text.pk}"
    pages |= {name: f"/admin/annotations/{name}/{rows}" for name in ("annotation", "relation", "review")}
    for name, address in pages.items():
        answer = browser.get(address, follow=True)
        assert answer.status_code in (200, 403), (name, answer.status_code)
        found[name] = answer.content.decode() if answer.status_code == 200 else ""
    return found


def naming(answers: dict[str, str], ids: Iterable[UUID]) -> set[str]:
    """Return the paths whose answers name one of some ids."""
    return {path for path, body in answers.items() if any(str(pk) in body for pk in ids)}


@pytest.mark.usefixtures("drawn")
def test_nothing_that_is_served_names_what_is_withheld(text: Revision, ada: User, lea: User) -> None:
    configured(text, withheld_share=0.5)
    take(acting(ada), text.article.corpus)
    withheld = [row.line for row in desk_of(ada, text).shown.withheld]
    mine = served(ada, text, withheld)
    assert naming(mine, withheld) == set()
    every = naming(served(lea, text, withheld), withheld)
    assert {"review/", "workbench/state/", "annotation", f"annotations/{withheld[0]}/"} <= every, (
        "the control"
    )
    counts = orjson.loads(mine[f"articles/{text.article_id}/pass/"])
    assert counts["suggestions"] == counts["undecided"] == len(lines_of(desk_of(ada, text)))
    landed = caller(ada).get("corpora/harbour/events/").json()["results"]
    assert "layer.landed" not in {event["action"] for event in landed}, "it counts what there is"
    decide_rest(ada, text)
    assert f"articles/{text.article_id}/annotations/" in naming(served(ada, text, withheld), withheld)


def test_a_plant_is_served_like_the_others_and_to_nobody_else(
    text: Revision, planted: list[Annotation], ada: User, ben: User, cy: User, lea: User
) -> None:
    ids = [row.pk for row in planted]
    real = next(iter(machine(text).annotations))
    mine = served(ada, text, [ids[0], real])
    assert {"review/", "workbench/state/", "layer", "corpora/harbour/next/"} <= naming(mine, ids)
    for path in (f"articles/{text.article_id}/annotations/?layer=all", "corpora/harbour/next/"):
        rows = orjson.loads(mine[path])
        rows = rows.get("results") or rows["annotations"]
        assert_alike([row for row in rows if row["id"] in map(str, ids)], rows)
    lines = orjson.loads(mine["workbench/state/"])["lines"]
    assert_alike([line for line in lines if line["line"] in map(str, ids)], lines)
    one, other = (orjson.loads(mine[f"annotations/{pk}/"]) for pk in (ids[0], real))
    assert one.keys() == other.keys() and one["layer"] == other["layer"]
    one, other = (orjson.loads(mine[f"annotations/{pk}/history/"])["steps"] for pk in (ids[0], real))
    assert [step.keys() for step in one] == [step.keys() for step in other]
    assert [(step["at"], step["event"], step["pipeline"]) for step in one] == [
        (step["at"], step["event"], step["pipeline"]) for step in other
    ]
    say(ada, text, "accept", ids[0])
    say(ada, text, "reject", ids[1], reason="other")
    assert naming(served(ada, text, ids), ids[:1]) == set(), "nothing is left of it"
    traces = [*ids, *Layer.planted.values_list("pk", flat=True)]
    for colleague in (ben, cy):
        assert naming(served(colleague, text, ids), traces) == set(), colleague
    decide_rest(ada, text)
    for colleague in (ada, cy):
        assert naming(served(colleague, text, ids), traces) == set(), colleague
    assert naming(served(lea, text, ids), traces) <= {"corpora/harbour/events/"}, "who plants may know"


def assert_alike(some: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    """Check that rows have the keys of all, and where few values occur, none but those."""
    others = [row for row in rows if row not in some]
    assert some and others
    for row in some:
        assert row.keys() == others[0].keys()
        for name in (
            "layer",
            "origin",
            "annotator",
            "pipeline",
            "calibrated",
            "version",
            "verdict",
            "derived_from",
        ):
            assert row.get(name) in [other.get(name) for other in others], name
