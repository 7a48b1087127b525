"""Disputes over the API: see what passes say, decide what holds, take nothing back unseen."""

from typing import Any

import pytest

from annotations.models import Dispute, Settlement
from corpus.models import Corpus, Revision, User
from corpus.text.offsets import OffsetMap, OffsetUnit
from tests.annotations.deciding import at, own, standing
from tests.annotations.test_queue import settings
from tests.annotations.test_settling import decide_all, gold
from tests.api.contract import Caller
from tests.conftest import TEXT, put_in

V1 = {"If_Match": '"1"'}
REJECT = {"reject": True, "reason": "boundary"}
SHORT = "The bridge will be closed"
OPEN = "disputes/?corpus=harbour"


@pytest.fixture
def disputed(suggested: Revision, ada: User, ben: User) -> Revision:
    """Ben has cut the end off Ada's first quote; all else is the same."""
    settings(suggested.article.corpus, passes=2)
    decide_all(ada, suggested)
    decide_all(ben, suggested, **{"nine weeks": {"verdict": "correct", "segments": (at(TEXT, SHORT),)}})
    return suggested


@pytest.fixture
def path(disputed: Revision) -> str:
    return f"disputes/{Dispute.objects.get().pk}/"


def status_of(who: Caller, revision: Revision) -> str:
    return who.get(f"articles/{revision.article_id}/").json()["status"]


def quotes(revision: Revision) -> set[str]:
    return {surface for label, surface in standing(gold(revision)) if label == "quote"}


def test_an_adjudicator_reads_what_each_pass_says(
    as_cy: Caller, path: str, ada: User, ben: User, disputed: Revision
) -> None:
    (row,) = as_cy.get(OPEN).json()["results"]
    answer = as_cy.get(path)
    body = answer.json()
    assert answer.headers["ETag"] == '"1"'
    assert row.items() <= body.items()
    assert (row["differences"], row["status"], row["article"]) == (
        ["content"], "open", str(disputed.article_id),
    )  # fmt: skip
    first, second = body["positions"]
    assert [first["reviewer"], second["reviewer"]] == [str(ada.public_id), str(ben.public_id)]
    assert second["segments"] == [list(at(TEXT, SHORT))] and second["surface"] == SHORT
    assert {name: [end["surface"] for end in ends] for name, ends in second["links"].items()} == {
        "cue": ["said"], "source": ["Ana Ruiz, the city engineer"],
    }  # fmt: skip


def test_one_pass_is_taken_and_the_article_is_gold(
    as_cy: Caller, cy: User, ben: User, path: str, disputed: Revision
) -> None:
    body = {"take": str(own(ben, disputed).layer.pk), "reason": "boundary", "note": "R1.", "rule": "R1"}
    done = as_cy.post(f"{path}settle/", body, **V1)
    assert (done.status_code, done.headers["ETag"], done.json()["status"]) == (200, '"2"', "settled")
    (settled,) = done.json()["settlements"]
    assert (settled["outcome"], settled["settled_by"], settled["rule"]) == ("taken", str(cy.public_id), "R1")
    assert status_of(as_cy, disputed) == "gold" and SHORT in quotes(disputed)
    assert as_cy.get(OPEN).json()["results"] == []
    assert len(as_cy.get(f"{OPEN}&status=settled").json()["results"]) == 1


def test_parts_of_two_passes_are_merged(
    as_cy: Caller, ada: User, ben: User, path: str, disputed: Revision
) -> None:
    layers = {name: str(own(user, disputed).layer.pk) for name, user in (("ada", ada), ("ben", ben))}
    body = {"merge": {"content": layers["ben"], "source": layers["ada"]}, "reason": "source"}
    assert as_cy.post(f"{path}settle/", body, **V1).json()["settlements"][0]["outcome"] == "merged"
    assert SHORT in quotes(disputed)


@pytest.mark.parametrize("unit", list(OffsetUnit))
def test_it_is_written_anew_in_any_unit(as_cy: Caller, path: str, disputed: Revision, unit: str) -> None:
    offsets = OffsetMap(TEXT, OffsetUnit(unit))
    read = as_cy.get(f"{path}?offset_unit={unit}").json()
    positions = read["positions"]
    place = [offsets.from_code_points(offset) for offset in at(TEXT, SHORT)]
    assert (read["offset_unit"], positions[1]["segments"]) == (unit, [place])
    assert read["start"] == offsets.from_code_points(Dispute.objects.get().start)
    written = {
        "label": "quote", "segments": [place], "attributes": {"type": "direct"},
        "links": {
            name: [{"label": end["label"], "segments": end["segments"]} for end in ends]
            for name, ends in positions[0]["links"].items()
        },
    }  # fmt: skip
    body = {"write": written, "reason": "boundary"}
    done = as_cy.post(f"{path}settle/?offset_unit={unit}", body, **V1)
    assert done.json()["settlements"][0]["outcome"] == "written", done.content
    assert SHORT in quotes(disputed)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"reason": "boundary"}, 400),
        ({"reject": True}, 400),
        ({"reject": True, "reason": "because"}, 400),
        ({**REJECT, "take": "00000000-0000-7000-8000-000000000000"}, 400),
        ({"take": "00000000-0000-7000-8000-000000000000", "reason": "other"}, 400),
        ({"merge": {"source": "00000000-0000-7000-8000-000000000000"}, "reason": "other"}, 400),
        ({"write": {"label": "nonsense", "segments": [[0, 3]]}, "reason": "other"}, 400),
        ({"write": {"label": "quote", "segments": [[0, 9999]]}, "reason": "other"}, 422),
        ({"write": {"label": "quote", "segments": []}, "reason": "other"}, 400),
    ],
)
def test_what_is_no_choice_is_refused(as_cy: Caller, path: str, body: dict[str, Any], status: int) -> None:
    answer = as_cy.post(f"{path}settle/", body, **V1)
    assert answer.status_code == status, answer.content
    assert as_cy.get(path).json()["status"] == "open"


def test_an_offset_inside_a_character_is_422(as_cy: Caller, path: str) -> None:
    body = {"write": {"label": "quote", "segments": [[1, 5]]}, "reason": "other"}
    assert as_cy.post(f"{path}settle/?offset_unit=utf8", body, **V1).status_code == 422


def test_the_version_is_shared_and_needed(as_cy: Caller, as_lea: Caller, path: str) -> None:
    assert as_cy.post(f"{path}settle/", REJECT).status_code == 428
    assert as_cy.post(f"{path}settle/", REJECT, **V1).status_code == 200
    stale = as_lea.post(f"{path}settle/", REJECT, **V1)
    assert (stale.status_code, stale.json()["details"]["version"]) == (412, 2)
    assert as_lea.post(f"{path}settle/", REJECT, If_Match='"2"').status_code == 409
    assert as_lea.post(f"{path}reopen/", **V1).status_code == 412
    assert as_lea.post(f"{path}reopen/").status_code == 428


def test_a_key_is_looked_up_before_the_version(as_cy: Caller, path: str) -> None:
    first = as_cy.post(f"{path}settle/", REJECT, Idempotency_Key="k", **V1)
    again = as_cy.post(f"{path}settle/", REJECT, Idempotency_Key="k", **V1)
    assert (again.status_code, again.content, again.headers["ETag"]) == (200, first.content, '"2"')
    assert Settlement.objects.filter(dispute__isnull=False, implied_by=None).count() == 1


def test_it_is_opened_again_and_settled_otherwise(
    as_cy: Caller, ada: User, path: str, disputed: Revision
) -> None:
    as_cy.post(f"{path}settle/", REJECT, **V1)
    opened = as_cy.post(f"{path}reopen/", If_Match='"2"')
    assert (opened.json()["status"], opened.headers["ETag"]) == ("open", '"3"')
    assert status_of(as_cy, disputed) == "disputed"
    body = {"take": str(own(ada, disputed).layer.pk), "reason": "mistake"}
    done = as_cy.post(f"{path}settle/", body, If_Match='"3"').json()
    assert [row["outcome"] for row in done["settlements"]] == ["rejected", "taken"]
    assert status_of(as_cy, disputed) == "gold"


def test_who_has_a_pass_in_hand_sees_no_dispute_of_that_text(
    as_cy: Caller, path: str, disputed: Revision
) -> None:
    assert as_cy.get(path).status_code == 200
    suggestion = as_cy.get(f"articles/{disputed.article_id}/annotations/?layer=machine").json()["results"][0]
    skip = as_cy.post(f"annotations/{suggestion['id']}/review/", {"verdict": "skip"}, If_Match='"0"')
    assert skip.status_code == 200
    assert as_cy.get(OPEN).json()["results"] == []
    assert as_cy.get(path).status_code == 403
    assert as_cy.post(f"{path}settle/", REJECT, **V1).status_code == 403
    assert as_cy.post(f"{path}reopen/", **V1).status_code == 403


def test_a_party_settles_nothing_where_two_people_are_asked_for(
    as_ada: Caller, ada: User, corpus: Corpus, path: str
) -> None:
    corpus.members.filter(user=ada).update(role="adjudicator")
    assert as_ada.get(path).status_code == 200
    assert as_ada.post(f"{path}settle/", REJECT, **V1).status_code == 403
    settings(corpus, two_people=False)
    assert as_ada.post(f"{path}settle/", REJECT, **V1).status_code == 200


def test_reviewers_and_strangers_have_no_say(
    as_ada: Caller, as_vic: Caller, as_dee: Caller, path: str, disputed: Revision
) -> None:
    approve = f"articles/{disputed.article_id}/approve/"
    for who, status in ((as_ada, 403), (as_vic, 403), (as_dee, 404)):
        answers = [
            who.get(OPEN),
            who.get(path),
            who.post(f"{path}settle/", REJECT, **V1),
            who.post(f"{path}reopen/", **V1),
            who.post(approve),
        ]
        assert {answer.status_code for answer in answers} == {status}
    assert as_dee.get(path).content == as_dee.get(f"disputes/{disputed.pk}/").content


def test_a_single_pass_waits_for_a_second_persons_word(
    as_cy: Caller, as_ada: Caller, suggested: Revision, ada: User
) -> None:
    approve = f"articles/{suggested.article_id}/approve/"
    assert as_cy.post(approve).status_code == 409
    decide_all(ada, suggested)
    done = as_cy.post(approve, Idempotency_Key="k")
    assert (done.status_code, done.content) == (204, b"")
    assert as_cy.post(approve, Idempotency_Key="k").status_code == 204
    assert as_cy.post(approve).status_code == 409
    assert status_of(as_cy, suggested) == "gold"


def test_what_an_amended_text_leaves_behind_is_settled_by_nobody(
    as_cy: Caller, path: str, disputed: Revision
) -> None:
    put_in(disputed.article.corpus, "Another text.\n")
    assert as_cy.get(OPEN).json()["results"] == []
    assert as_cy.get(path).json()["status"] == "dropped"
    assert as_cy.post(f"{path}settle/", REJECT, **V1).status_code == 409
    assert as_cy.post(f"{path}reopen/", **V1).status_code == 409


def test_pages_of_disputes_cost_the_same_however_many_are_on_them(
    as_cy: Caller, corpus: Corpus, path: str, disputed: Revision, django_assert_max_num_queries: Any
) -> None:
    one = Dispute.objects.get()
    Dispute.objects.bulk_create(
        Dispute(corpus=corpus, revision=disputed, line=one.line, start=0, opened_at=one.opened_at)
        for _ in range(5)
    )
    with django_assert_max_num_queries(8):
        page = as_cy.get(f"{OPEN}&limit=4").json()
    assert len(page["results"]) == 4
    assert len(as_cy.get(page["next"].removeprefix("http://testserver")).json()["results"]) == 2
