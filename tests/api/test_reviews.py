"""Deciding by the API: two tabs conflict, two reviewers never do, and a repetition gets its receipt."""

from uuid import UUID, uuid4

from annotations.models import Review
from tests.api.conftest import decide_all, suggestions
from tests.api.contract import Caller


def test_a_decision_takes_the_version_that_was_seen(as_ada: Caller, article: UUID) -> None:
    quote = suggestions(as_ada, article, "quote")[0]
    path = f"annotations/{quote['id']}/"
    assert as_ada.get(path).headers["ETag"] == '"0"'
    assert as_ada.post(f"{path}review/", {"verdict": "accept"}).status_code == 428
    taken = as_ada.post(f"{path}review/", {"verdict": "accept"}, If_Match='"0"')
    assert (taken.status_code, taken.headers["ETag"]) == (200, '"1"')
    read = as_ada.get(path)
    assert (read.headers["ETag"], read.json()["verdict"]) == ('"1"', "accept")


def test_accepting_a_quote_accepts_the_source_and_cue_shown_with_it(as_ada: Caller, article: UUID) -> None:
    quote = suggestions(as_ada, article, "quote")[0]
    taken = as_ada.post(f"annotations/{quote['id']}/review/", {"verdict": "accept"}, If_Match='"0"').json()
    assert len(taken["implied"]) >= 4
    me = as_ada.get("me/").json()["id"]
    own = as_ada.get(f"articles/{article}/annotations/?layer=reviewer:{me}").json()["results"]
    assert {item["label"] for item in own} == {"quote", "attribution", "cue"}
    assert all(item["origin"] == "reviewer" and item["annotator"] == me for item in own)
    links = as_ada.get(f"articles/{article}/relations/?layer=reviewer:{me}").json()["results"]
    assert {link["label"] for link in links} == {"source", "cue"}


def test_of_two_tabs_one_wins_and_nothing_is_lost(as_ada: Caller, article: UUID) -> None:
    quote = suggestions(as_ada, article, "quote")[0]
    path = f"annotations/{quote['id']}/review/"
    first = as_ada.post(path, {"verdict": "accept"}, If_Match='"0"')
    second = as_ada.post(path, {"verdict": "reject", "reason": "not_a_quote"}, If_Match='"0"')
    assert (first.status_code, second.status_code) == (200, 412)
    stands = second.json()["details"]
    assert (stands["version"], stands["verdict"], stands["annotation"]) == (
        1,
        "accept",
        first.json()["annotation"],
    )
    assert (
        as_ada.post(path, {"verdict": "reject", "reason": "not_a_quote"}, If_Match='"1"').status_code == 200
    )
    own = as_ada.get(f"articles/{article}/reviews/").json()["results"]
    verdicts = [(review["verdict"], review["counts"]) for review in own if review["on"] == quote["id"]]
    assert verdicts == [("accept", False), ("reject", True)]


def test_a_repetition_gets_its_receipt_even_when_its_version_is_old(as_ada: Caller, article: UUID) -> None:
    quote = suggestions(as_ada, article, "quote")[0]
    path = f"annotations/{quote['id']}/review/"
    key = str(uuid4())
    first = as_ada.post(path, {"verdict": "accept"}, If_Match='"0"', Idempotency_Key=key)
    count = Review.objects.count()
    again = as_ada.post(path, {"verdict": "accept"}, If_Match='"0"', Idempotency_Key=key)
    assert (again.status_code, again.content, again.headers["ETag"]) == (200, first.content, '"1"')
    assert Review.objects.count() == count
    other = as_ada.post(path, {"verdict": "skip"}, If_Match='"1"', Idempotency_Key=key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_two_reviewers_never_conflict(as_ada: Caller, as_ben: Caller, article: UUID) -> None:
    quote = suggestions(as_ada, article, "quote")[0]
    path = f"annotations/{quote['id']}/review/"
    assert as_ada.post(path, {"verdict": "accept"}, If_Match='"0"').status_code == 200
    assert as_ben.post(path, {"verdict": "reject", "reason": "other"}, If_Match='"0"').status_code == 200


def test_many_decisions_have_each_their_own_result(as_ada: Caller, article: UUID) -> None:
    found = suggestions(as_ada, article)
    decisions = [
        {"verdict": "skip", "on": found[0]["id"], "version": 0, "key": "k0"},
        {"verdict": "skip", "on": found[0]["id"], "version": 0},
        {"verdict": "reject", "on": found[1]["id"], "version": 0},
        {"verdict": "accept", "on": str(uuid4()), "version": 0},
        {"verdict": "add", "label": "claim", "segments": [[0, 10_000]]},
        {"verdict": "add", "label": "claim", "segments": [[1, 4]], "surface": "The"},
    ]
    answer = as_ada.post(f"articles/{article}/reviews/", {"decisions": decisions})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [200, 412, 400, 404, 422, 200]
    again = as_ada.post(f"articles/{article}/reviews/", {"decisions": decisions[:1]}).json()["results"][0]
    assert (again["replayed"], again["body"]) == (True, results[0]["body"])


def test_all_or_none(as_ada: Caller, article: UUID) -> None:
    found = suggestions(as_ada, article)
    decisions = [
        {"verdict": "skip", "on": found[0]["id"], "version": 0},
        {"verdict": "skip", "on": found[1]["id"], "version": 7},
    ]
    refused = as_ada.post(f"articles/{article}/reviews/?atomic=true", {"decisions": decisions})
    assert refused.status_code == 409
    assert [result["status"] for result in refused.json()["details"]["results"]] == [409, 412]
    assert not Review.objects.exists()
    decisions[1]["version"] = 0
    assert (
        as_ada.post(f"articles/{article}/reviews/?atomic=true", {"decisions": decisions}).status_code == 200
    )


def test_a_correction_says_what_it_changes(as_ada: Caller, article: UUID) -> None:
    quote = suggestions(as_ada, article, "quote")[0]
    body = {
        "verdict": "correct",
        "segments": [[1, 42]],
        "surface": "The bridge will be closed for nine weeks,",
        "links": {"source": [{"segments": [[49, 57]]}], "cue": []},
        "note": "Without the marks.",
    }
    taken = as_ada.post(f"annotations/{quote['id']}/review/", body, If_Match='"0"')
    assert (taken.status_code, taken.json()["verdict"]) == (200, "correct")
    own = as_ada.get(f"annotations/{taken.json()['annotation']}/").json()
    assert (own["segments"], own["derived_from"], own["root"]) == ([[1, 42]], quote["id"], quote["id"])
    assert (own["version"], own["verdict"]) == (1, "correct")


def test_offsets_of_a_decision_come_in_the_unit_that_is_named(as_ada: Caller, article: UUID) -> None:
    # The opening quotation mark takes three bytes.
    body = {"decisions": [{"verdict": "add", "label": "claim", "segments": [[3, 6]], "surface": "The"}]}
    answer = as_ada.post(f"articles/{article}/reviews/?offset_unit=utf8", body).json()["results"][0]
    assert answer["status"] == 200
    assert as_ada.get(f"annotations/{answer['body']['annotation']}/").json()["segments"] == [[1, 4]]
    inside = {"decisions": [{"verdict": "add", "label": "claim", "segments": [[1, 6]]}]}
    assert as_ada.post(f"articles/{article}/reviews/?offset_unit=utf8", inside).status_code == 422


def test_a_relation_is_decided_like_an_annotation(as_ada: Caller, article: UUID) -> None:
    relation = as_ada.get(f"articles/{article}/relations/?layer=machine").json()["results"][0]
    path = f"relations/{relation['id']}/"
    assert as_ada.get(path).headers["ETag"] == '"0"'
    assert as_ada.post(f"{path}review/", {"verdict": "accept"}).status_code == 428
    taken = as_ada.post(f"{path}review/", {"verdict": "accept"}, If_Match='"0"')
    assert (taken.status_code, taken.headers["ETag"]) == (200, '"1"')
    assert as_ada.post(f"{path}review/", {"verdict": "skip"}, If_Match='"0"').status_code == 412
    own = as_ada.get(f"relations/{taken.json()['relation']}/").json()
    assert (own["derived_from"], own["verdict"]) == (relation["id"], "accept")
    assert (
        as_ada.post(f"{path}review/", {"verdict": "reject", "reason": "other"}, If_Match='"1"').status_code
        == 200
    )
    assert as_ada.get(f"relations/{own['id']}/").status_code == 200


def test_a_pass_ends_when_everything_is_decided(as_ada: Caller, article: UUID) -> None:
    path = f"articles/{article}/pass/"
    before = as_ada.get(path).json()
    assert (before["state"], before["undecided"]) == ("none", before["suggestions"])
    refused = as_ada.post(path)
    assert (refused.status_code, refused.json()["details"]["undecided"]) == (409, before["suggestions"])
    decide_all(as_ada, article)
    after = as_ada.get(path).json()
    assert (after["state"], after["undecided"], after["standing"]) == ("submitted", 0, 0)
    found = suggestions(as_ada, article)[0]
    late = as_ada.post(f"annotations/{found['id']}/review/", {"verdict": "accept"}, If_Match='"1"')
    assert late.status_code == 409
    assert as_ada.delete(path).json()["state"] == "open"
    assert (
        as_ada.post(f"annotations/{found['id']}/review/", {"verdict": "accept"}, If_Match='"1"').status_code
        == 200
    )


def test_the_next_article_is_the_oldest_not_finished(as_ada: Caller, as_ben: Caller, article: UUID) -> None:
    assert as_ada.get("corpora/harbour/next/").json()["article"]["id"] == str(article)
    decide_all(as_ada, article)
    assert as_ada.get("corpora/harbour/next/").status_code == 204
    assert as_ben.get("corpora/harbour/next/").json()["article"]["id"] == str(article)


def test_null_takes_an_attribute_away(as_ada: Caller, article: UUID) -> None:
    quote = suggestions(as_ada, article, "quote")[0]
    path = f"annotations/{quote['id']}/review/"
    for wrong in ({"type": 1}, {"kind": None}):
        assert (
            as_ada.post(path, {"verdict": "correct", "attributes": wrong}, If_Match='"0"').status_code == 400
        )
    taken = as_ada.post(path, {"verdict": "correct", "attributes": {"type": None}}, If_Match='"0"')
    assert (taken.status_code, taken.json()["verdict"]) == (200, "correct")
    assert as_ada.get(f"annotations/{taken.json()['annotation']}/").json()["attributes"] == {}
