"""In a blind corpus ada's answers are the same bytes whatever ben has done."""

from datetime import timedelta
from uuid import UUID

import orjson
import pytest
from django.utils import timezone

from annotations.models import Annotation, Assignment, AssignmentStatus, Dispute, Layer, Pipeline
from annotations.services.filling import refill_changed_queues
from annotations.services.importing import import_records
from annotations.services.queue import sweep_assignments
from annotations.services.settling import approve_passes
from corpus.models import Corpus, Event, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.events import seal_events
from tests.api.conftest import decide_all, suggestions
from tests.api.contract import Caller, caller, content_of
from tests.conftest import put_in


def paths_of(article: UUID) -> list[str]:
    return [
        "me/",
        "corpora/",
        "corpora/harbour/",
        "corpora/harbour/members/",
        "corpora/harbour/articles/",
        *(
            f"corpora/harbour/articles/?status={status}"
            for status in ("new", "suggested", "in_review", "submitted", "disputed", "gold", "superseded")
        ),
        "corpora/harbour/next/",
        "corpora/harbour/stats/",
        "corpora/harbour/agreement/",
        "corpora/harbour/vigilance/",
        "corpora/harbour/events/",
        "corpora/harbour/pipelines/",
        "comments/?corpus=harbour",
        "comments/?corpus=harbour&mentions=me",
        "runs/",
        *(f"assignments/?corpus=harbour&status={status}" for status in AssignmentStatus.values),
        f"articles/{article}/",
        f"articles/{article}/revisions/",
        f"articles/{article}/blocks/",
        f"articles/{article}/annotations/",
        f"articles/{article}/annotations/?layer=all",
        f"articles/{article}/relations/",
        f"articles/{article}/candidates/",
        f"articles/{article}/reviews/",
        f"articles/{article}/pass/",
    ]


def answers(who: Caller, article: UUID) -> dict[str, tuple[int, bytes]]:
    mine = who.get("assignments/?corpus=harbour").json()["results"]
    said = who.get(f"articles/{article}/annotations/").json()["results"]
    paths = [
        *paths_of(article),
        *(f"assignments/{row['id']}/" for row in mine),
        *(f"annotations/{row['id']}/history/" for row in said),
    ]
    return {
        path: (response.status_code, content_of(response)) for path in paths for response in [who.get(path)]
    }


@pytest.fixture
def second(corpus: Corpus, article: UUID) -> UUID:
    """An article that no machine has suggested anything on."""
    del article
    Pipeline.objects.update(active=False)
    made = put_in(corpus, "“We will sail,” said Bo Lind.", "second").article_id
    Pipeline.objects.update(active=True)
    return made


@pytest.mark.parametrize("own", ["nothing", "a text taken", "a pass in hand", "a submitted pass"])
def test_adas_answers_do_not_show_bens_pass(
    as_ada: Caller, as_ben: Caller, ben: User, article: UUID, second: UUID, own: str
) -> None:
    if own == "a text taken":
        assert as_ada.post("assignments/take/", {"corpus": "harbour"}).status_code == 201
    if own == "a pass in hand":
        found = suggestions(as_ada, article)[0]
        as_ada.post(f"annotations/{found['id']}/review/", {"verdict": "accept"}, If_Match='"0"')
    if own == "a submitted pass":
        decide_all(as_ada, article, "accept")
    seal_events()
    before = answers(as_ada, article) | answers(as_ada, second)
    # Not quite as ada: what they agree on is settled, and does not show before the rest is.
    decide_all(as_ben, article, "accept", but_first="skip")
    add = {"decisions": [{"verdict": "add", "label": "claim", "segments": [[1, 4]]}]}
    assert as_ben.post(f"articles/{second}/reviews/", add).json()["results"][0]["status"] == 200
    said = as_ben.post("comments/", {"article": str(article), "text": "Why?"})
    assert as_ben.post(f"comments/{said.json()['id']}/resolve/").status_code == 200
    Assignment.objects.filter(reviewer=ben).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep_assignments() == 1
    seal_events()
    after = answers(as_ada, article) | answers(as_ada, second)
    assert after == before


@pytest.mark.parametrize("begun", [False, True])
def test_who_has_a_pass_in_hand_does_not_see_that_it_is_settled(
    as_ada: Caller, as_ben: Caller, article: UUID, corpus: Corpus, begun: bool
) -> None:
    Corpus.objects.update(single_is_gold=True)
    first = suggestions(as_ada, article)[0]
    if begun:
        as_ada.post(f"annotations/{first['id']}/review/", {"verdict": "accept"}, If_Match='"0"')
    else:
        as_ada.post("assignments/take/", {"corpus": "harbour"})
    seal_events()
    before = answers(as_ada, article)
    decide_all(as_ben, article, "accept")
    seal_events()
    assert answers(as_ada, article) == before


def test_gold_shows_once_all_of_it_is_settled_and_the_own_pass_is_done(
    as_ada: Caller, as_ben: Caller, article: UUID, corpus: Corpus
) -> None:
    """The control: what is gold does show, so that what did not show above was kept back."""
    Corpus.objects.update(single_is_gold=True)
    first = suggestions(as_ada, article)[0]
    as_ada.post(f"annotations/{first['id']}/review/", {"verdict": "accept"}, If_Match='"0"')
    decide_all(as_ben, article, "accept")
    path = f"articles/{article}/annotations/?layer=gold"
    assert (as_ada.get(path).json()["results"], as_ada.get(f"articles/{article}/").json()["status"]) == (
        [],
        "in_review",
    )
    decide_all(as_ada, article, "accept")
    assert as_ada.get(path).json()["results"]
    assert as_ada.get(f"articles/{article}/").json()["status"] == "gold"


def test_bens_layer_is_not_there_for_ada(as_ada: Caller, as_ben: Caller, ben: User, article: UUID) -> None:
    decide_all(as_ben, article, "accept")
    theirs = Annotation.objects.filter(layer__reviewer=ben).first()
    assert theirs
    hidden = as_ada.get(f"annotations/{theirs.pk}/")
    assert hidden.status_code == 404
    assert hidden.content == as_ada.get(f"annotations/{article}/").content
    review = as_ada.post(f"annotations/{theirs.pk}/review/", {"verdict": "accept"}, If_Match='"0"')
    assert (review.status_code, review.content) == (404, hidden.content)
    path = f"articles/{article}/annotations/?layer=reviewer:{ben.public_id}"
    assert as_ada.get(path).json()["results"] == []
    decided = as_ada.post(
        f"articles/{article}/reviews/",
        {"decisions": [{"verdict": "accept", "on": str(theirs.pk), "version": 0}]},
    )
    assert decided.json()["results"][0]["status"] == 404


def test_a_narrow_token_learns_no_more_of_bens_layer(
    as_ben: Caller, ben: User, ada: User, article: UUID
) -> None:
    """A missing scope is told only of what there is for them; a 403 would tell that it is there."""
    decide_all(as_ben, article, "accept")
    theirs = Annotation.objects.filter(layer__reviewer=ben).first()
    assert theirs
    narrow = caller(ada, "read")
    path = f"annotations/{theirs.pk}/review/"
    assert narrow.post(path, {"verdict": "accept"}, If_Match='"0"').status_code == 404


def test_an_adjudicator_sees_submitted_layers_unless_they_review_the_text_themselves(
    as_cy: Caller, as_ben: Caller, ben: User, article: UUID
) -> None:
    path = f"articles/{article}/annotations/?layer=reviewer:{ben.public_id}"
    first = suggestions(as_ben, article)[0]
    as_ben.post(f"annotations/{first['id']}/review/", {"verdict": "accept"}, If_Match='"0"')
    assert as_cy.get(path).json()["results"] == []
    decide_all(as_ben, article, "accept")
    assert as_cy.get(path).json()["results"]
    own = suggestions(as_cy, article)[0]
    assert (
        as_cy.post(f"annotations/{own['id']}/review/", {"verdict": "skip"}, If_Match='"0"').status_code == 200
    )
    assert as_cy.get(path).json()["results"] == []
    seal_events()
    events = as_cy.get("corpora/harbour/events/?limit=200").json()["results"]
    mine = as_cy.get("me/").json()["id"]
    assert {event["actor"] for event in events if event["action"].startswith("review.")} == {mine}


def test_who_submits_last_is_not_told_that_others_differ(
    as_ada: Caller, as_ben: Caller, article: UUID, corpus: Corpus
) -> None:
    """Whatever follows from the last pass, its own person sees the events of one that is waited for."""

    def events_of(who: Caller) -> list[tuple[str, object]]:
        seal_events()
        found = who.get("corpora/harbour/events/?limit=200").json()["results"]
        return [(event["action"], event["after"]) for event in found if event["subject_id"]]

    Corpus.objects.update(passes=2)
    decide_all(as_ben, article, "accept", but_first="skip")
    as_bens = [action for action, _ in events_of(as_ben)]
    decide_all(as_ada, article, "accept")
    assert Dispute.objects.exists(), "the control: they do differ"
    as_adas = [action for action, _ in events_of(as_ada)]
    assert {action for action in as_bens if "review." not in action} >= {
        action for action in as_adas if "review." not in action
    }
    assert ("revision.moved", "disputed") not in events_of(as_ada)


def test_an_imported_layer_of_another_is_not_named(as_ada: Caller, corpus: Corpus, ben: User) -> None:
    layer = f"reviewer:{ben.public_id}"
    record = {
        "external_id": "came", "text": "“We will sail,” said Bo.", "layer": "all",
        "layers": [{"name": layer, "submitted_at": "2026-01-01T00:00:00Z"}], "annotations": [],
    }  # fmt: skip
    (outcome,) = import_records(COMMAND, corpus, [orjson.dumps(record)], source="file")
    assert outcome.outcome == "created", outcome
    assert layer in str(list(Event.objects.filter(action="layer.imported").values_list("after"))), (
        "the control"
    )
    seal_events()
    assert b"reviewer:" not in as_ada.get("corpora/harbour/events/?limit=200").content


def test_reviewers_are_not_told_what_an_export_counts_nor_whose_layer_is_released(
    as_lea: Caller, as_ada: Caller, as_ben: Caller, ben: User, article: UUID
) -> None:
    decide_all(as_ben, article, "accept")
    as_lea.get("corpora/harbour/export/?layer=all")
    as_lea.post("exports/", {"corpus": "harbour", "layer": "all"})
    released = {"corpus": "harbour", "name": "v1", "layer": f"reviewer:{ben.public_id}"}
    assert as_lea.post("releases/", released).status_code == 201
    seal_events()
    path = "corpora/harbour/events/?limit=200"
    for kind, act in ((b'"export.', b'"export.made"'), (b'"release.', b'"release.made"')):
        assert kind not in as_ada.get(path).content
        assert act in as_lea.get(path).content, "the control"


def test_an_adjudicator_who_has_taken_a_text_sees_no_pass_over_it(
    as_cy: Caller, as_ada: Caller, as_ben: Caller, ben: User, cy: User, article: UUID
) -> None:
    Corpus.objects.update(passes=3, version=2)
    refill_changed_queues()
    decide_all(as_ada, article, "accept")
    decide_all(as_ben, article, "accept", but_first="skip")
    assert as_cy.post("assignments/take/", {"corpus": "harbour"}).status_code == 201
    Corpus.objects.update(passes=2)
    approve_passes(COMMAND, Revision.objects.select_related("article").get(article=article))
    dispute = Dispute.objects.all()[0]
    layer = f"articles/{article}/annotations/?layer=reviewer:{ben.public_id}"
    assert as_cy.get(f"disputes/{dispute.pk}/").status_code == 403
    assert as_cy.get("disputes/?corpus=harbour").json()["results"] == []
    assert as_cy.get(layer).json()["results"] == []
    Assignment.objects.filter(reviewer=cy).update(status="returned", lease_until=None)
    assert as_cy.get(f"disputes/{dispute.pk}/").status_code == 200, "the control"
    assert as_cy.get("disputes/?corpus=harbour").json()["results"]
    assert as_cy.get(layer).json()["results"]


@pytest.mark.parametrize("begun", [False, True])
def test_an_adjudicator_sees_of_a_text_in_hand_the_status_of_their_own_work(
    as_cy: Caller, as_ada: Caller, as_ben: Caller, cy: User, article: UUID, second: UUID, begun: bool
) -> None:
    def found() -> dict[str, list[str]]:
        """Return where each status of the two texts shows: of the article, its revision, and in the lists."""
        path = "corpora/harbour/articles/"
        told = [as_cy.get(f"articles/{article}/").json()["status"]]
        told += [row["status"] for row in as_cy.get(f"articles/{article}/revisions/").json()["results"]]
        told += [row["status"] for row in as_cy.get(path).json()["results"]]
        listed = {
            status: [row["id"] for row in as_cy.get(f"{path}?status={status}").json()["results"]]
            for status in ("new", "suggested", "in_review", "submitted", "disputed", "gold")
        }
        return {"told": told} | {status: rows for status, rows in listed.items() if rows}

    Corpus.objects.update(passes=3, version=2, two_people=False)
    refill_changed_queues()
    if begun:
        on = suggestions(as_cy, article)[0]["id"]
        as_cy.post(f"annotations/{on}/review/", {"verdict": "accept"}, If_Match='"0"')
    else:
        assert as_cy.post("assignments/take/", {"corpus": "harbour"}).status_code == 201
    status = "in_review" if begun else "suggested"
    before = found()
    assert before == {"told": [status, status, "new", status], "new": [str(second)], status: [str(article)]}
    decide_all(as_ada, article, "accept")
    decide_all(as_ben, article, "accept", but_first="skip")
    revision = Revision.objects.get(article=article)
    for moved in ("submitted", "disputed", "gold"):
        Revision.objects.filter(pk=revision.pk).update(status=moved)
        assert found() == before, moved
        refused = as_cy.post(f"articles/{article}/approve/")
        assert (refused.status_code, "in hand" in refused.json()["message"]) == (409, True), moved
    Layer.objects.filter(reviewer=cy).update(submitted_at=timezone.now())
    Assignment.objects.filter(reviewer=cy).update(status="returned", lease_until=None)
    for moved in ("submitted", "disputed", "gold"):
        Revision.objects.filter(pk=revision.pk).update(status=moved)
        after = {"told": [moved, moved, "new", moved], "new": [str(second)], moved: [str(article)]}
        assert found() == after, "the control"


def test_an_adjudicator_sees_how_far_the_work_is(as_cy: Caller, as_ben: Caller, article: UUID) -> None:
    decide_all(as_ben, article)
    assert as_cy.get(f"articles/{article}/").json()["status"] == "submitted"
    assert as_cy.get("corpora/harbour/stats/").json()["statuses"]["submitted"] == 1


def test_in_an_open_corpus_reviewers_see_each_other(
    as_lea: Caller, as_ada: Caller, as_ben: Caller, ben: User, article: UUID
) -> None:
    as_lea.patch("corpora/harbour/", {"blind": False}, If_Match='"1"')
    decide_all(as_ben, article, "accept")
    assert as_ada.get(f"articles/{article}/").json()["status"] == "submitted"
    assert as_ada.get(f"articles/{article}/annotations/?layer=reviewer:{ben.public_id}").json()["results"]


def test_suggestions_can_be_kept_back_until_the_own_pass_is_done(
    as_lea: Caller, as_ada: Caller, article: UUID
) -> None:
    as_lea.patch("corpora/harbour/", {"suggestions_shown": "after_pass"}, If_Match='"1"')
    assert suggestions(as_ada, article) == []
    assert as_ada.get(f"articles/{article}/pass/").json()["suggestions"] == 0
    assert as_ada.post(f"articles/{article}/pass/").status_code == 200
    assert suggestions(as_ada, article)
