"""Deciding: what each verdict writes, what it brings along, and what it never touches."""

from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest

from annotations.models import Annotation, Layer, Relation, Review, Verdict
from annotations.services.decisions import Decision, Link
from annotations.services.passes import reopen_pass, submit_pass
from annotations.services.replay import differences
from annotations.services.reviewing import decide, decide_many
from corpus.models import Corpus, Event, Revision, User
from corpus.schemes import DEFAULT_SCHEME
from corpus.services.actors import COMMAND, Actor
from corpus.services.corpora import publish_scheme
from corpus.services.errors import (
    BadInput,
    InvalidTransition,
    KeyReused,
    NotAllowed,
    NotFound,
    SpanRefused,
    StaleVersion,
)
from tests.annotations.deciding import at, linked, machine, own, say, standing, suggestion
from tests.conftest import TEXT, acting, put_in

QUOTE = "“The bridge will be closed for nine weeks,”"
SOURCE = "Ana Ruiz, the city engineer"


def test_accepting_a_quote_accepts_the_source_and_cue_shown_with_it(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    view = own(ada, suggested)
    assert standing(view) == {
        ("quote", QUOTE),
        ("cue", "said"),
        ("attribution", "Ana Ruiz, the city engineer"),
    }
    assert linked(view) == {
        ("source", QUOTE, "Ana Ruiz, the city engineer"),
        ("cue", QUOTE, "said"),
    }


def test_what_is_accepted_derives_from_the_suggestion_which_stays_as_it_was(
    suggested: Revision, ada: User
) -> None:
    quote = suggestion(suggested, "nine weeks")
    before = Annotation.objects.filter(pk=quote.pk).values().get()
    receipt = say(ada, suggested, "accept", quote.pk)
    written = Annotation.objects.get(pk=receipt["annotation"])
    assert (written.derived_from_id, written.root, written.origin) == (quote.pk, quote.pk, "reviewer")
    assert Annotation.objects.filter(pk=quote.pk).values().get() == before


@pytest.mark.parametrize("verdict", ["reject", "skip"])
def test_a_reject_and_a_skip_write_the_review_alone(suggested: Revision, ada: User, verdict: str) -> None:
    quote = suggestion(suggested, "nine weeks")
    before = Annotation.objects.count(), Relation.objects.count()
    say(ada, suggested, verdict, quote.pk, reason="not_a_quote")
    assert (Annotation.objects.count(), Relation.objects.count()) == before
    assert Review.objects.get().verdict == verdict


def test_a_reject_needs_a_reason_that_the_guideline_knows(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    with pytest.raises(BadInput, match="reject needs a reason"):
        say(ada, suggested, "reject", quote.pk, reason="because")


def test_a_correction_moves_a_boundary_and_keeps_the_links(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    inner = at(suggested.text, "The bridge will be closed for nine weeks")
    receipt = say(ada, suggested, "correct", quote.pk, segments=(inner,))
    assert receipt["verdict"] == "correct"
    words = "The bridge will be closed for nine weeks"
    assert linked(own(ada, suggested)) == {
        ("source", words, "Ana Ruiz, the city engineer"),
        ("cue", words, "said"),
    }


def test_a_correction_that_changes_nothing_is_an_acceptance(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    assert say(ada, suggested, "correct", quote.pk)["verdict"] == "accept"


def test_a_correction_takes_an_attribute_away_and_leaves_those_that_it_does_not_name(
    suggested: Revision, ada: User
) -> None:
    quote = suggestion(suggested, "nine weeks")
    taken = say(ada, suggested, "correct", quote.pk, attributes={"type": None})
    assert (taken["verdict"], own(ada, suggested).standing[quote.root].attributes) == ("correct", {})
    say(ada, suggested, "correct", quote.pk, version=1, attributes={"type": "mixed"})
    say(ada, suggested, "correct", quote.pk, version=2, segments=(at(TEXT, "nine weeks"),))
    assert own(ada, suggested).standing[quote.root].attributes == {"type": "mixed"}
    say(ada, suggested, "correct", quote.pk, version=3, attributes={"type": None})
    assert own(ada, suggested).standing[quote.root].attributes == {}
    assert [message for _, messages in differences(suggested.corpus) for message in messages] == []


def test_what_a_label_never_had_cannot_be_taken_away(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    with pytest.raises(BadInput, match="no attribute 'kind' to take away"):
        say(ada, suggested, "correct", quote.pk, attributes={"kind": None})


def test_what_the_scheme_has_no_longer_can_be_taken_away(suggested: Revision, ada: User) -> None:
    quote, scheme = suggestion(suggested, "nine weeks"), deepcopy(DEFAULT_SCHEME)
    scheme["labels"][1]["attributes"] = {}
    publish_scheme(COMMAND, suggested.corpus, definition=scheme, version=1)
    with pytest.raises(BadInput, match="no attribute 'type'"):
        say(ada, suggested, "correct", quote.pk, segments=((0, 5),))
    say(ada, suggested, "correct", quote.pk, segments=((0, 5),), attributes={"type": None})
    assert own(ada, suggested).standing[quote.root].attributes == {}


def test_a_correction_can_give_another_source_and_drop_the_cue(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    links = {"source": [Link(segments=(at(TEXT, "the city engineer"),))], "cue": []}
    say(ada, suggested, "correct", quote.pk, links=links)
    assert linked(own(ada, suggested)) == {("source", QUOTE, "the city engineer")}


def test_a_dropped_link_stays_dropped_at_the_next_correction(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "correct", quote.pk, links={"cue": []})
    say(ada, suggested, "correct", quote.pk, version=1, attributes={"type": "mixed"})
    assert {row[0] for row in linked(own(ada, suggested))} == {"source"}


def test_accepting_after_a_correction_restores_the_links_as_suggested(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    links = {"source": [Link(segments=(at(TEXT, "the city engineer"),))]}
    say(ada, suggested, "correct", quote.pk, links=links)
    say(ada, suggested, "accept", quote.pk, version=1)
    assert linked(own(ada, suggested)) == {
        ("source", QUOTE, "Ana Ruiz, the city engineer"),
        ("cue", QUOTE, "said"),
    }


def test_a_rejected_source_is_not_brought_along(suggested: Revision, ada: User) -> None:
    source = suggestion(suggested, "Ana Ruiz", "attribution")
    say(ada, suggested, "reject", source.pk, reason="other")
    say(ada, suggested, "accept", suggestion(suggested, "nine weeks").pk)
    assert {row[0] for row in linked(own(ada, suggested))} == {"cue"}


def test_a_retraction_brings_back_the_decision_before(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    say(ada, suggested, "reject", quote.pk, version=1, reason="other")
    assert standing(own(ada, suggested)) == set()
    say(ada, suggested, "retract", quote.pk, version=2)
    assert standing(own(ada, suggested)) == {("quote", QUOTE), ("cue", "said"), ("attribution", SOURCE)}
    assert linked(own(ada, suggested)) == {("source", QUOTE, SOURCE), ("cue", QUOTE, "said")}
    say(ada, suggested, "retract", quote.pk, version=3)
    assert standing(own(ada, suggested)) == set()


@pytest.mark.parametrize("verdict", ["reject", "skip"])
def test_what_an_acceptance_brought_along_falls_when_it_is_replaced(
    suggested: Revision, ada: User, verdict: str
) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    say(ada, suggested, verdict, quote.pk, version=1, reason="other")
    assert (standing(own(ada, suggested)), linked(own(ada, suggested))) == (set(), set())
    with pytest.raises(InvalidTransition, match="left without a decision") as refused:
        submit_pass(acting(ada), suggested)
    assert refused.value.details["undecided"] == len(machine(suggested).annotations) - 1


def test_a_source_decided_for_itself_outlives_the_quote_that_brought_it(
    suggested: Revision, ada: User
) -> None:
    quote, source = suggestion(suggested, "nine weeks"), suggestion(suggested, "Ana Ruiz", "attribution")
    say(ada, suggested, "accept", quote.pk)
    say(ada, suggested, "accept", source.pk, version=1)
    say(ada, suggested, "reject", quote.pk, version=1, reason="other")
    assert standing(own(ada, suggested)) == {("attribution", SOURCE)}


def test_a_shared_source_outlives_the_rejection_of_the_first_quote(suggested: Revision, ada: User) -> None:
    quote, source = suggestion(suggested, "nine weeks"), suggestion(suggested, "Ana Ruiz", "attribution")
    say(ada, suggested, "accept", quote.pk)
    links = {"source": [Link(annotation=source.pk)]}
    say(ada, suggested, "add", label="quote", segments=(at(TEXT, "two of its cables"),), links=links)
    say(ada, suggested, "reject", quote.pk, version=1, reason="other")
    assert linked(own(ada, suggested)) == {("source", "two of its cables", SOURCE)}
    assert ("cue", "said") not in standing(own(ada, suggested))


def test_a_correction_takes_over_what_it_does_not_name_and_lets_the_rest_go(
    suggested: Revision, ada: User
) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    links = {"source": [Link(segments=(at(TEXT, "the city engineer"),))]}
    say(ada, suggested, "correct", quote.pk, version=1, links=links)
    kept = {("quote", QUOTE), ("cue", "said"), ("attribution", "the city engineer")}
    assert standing(own(ada, suggested)) == kept
    say(ada, suggested, "correct", quote.pk, version=2, attributes={"type": "mixed"})
    assert standing(own(ada, suggested)) == kept
    assert linked(own(ada, suggested)) == {("source", QUOTE, "the city engineer"), ("cue", QUOTE, "said")}
    say(ada, suggested, "accept", quote.pk, version=3)
    assert standing(own(ada, suggested)) == {("quote", QUOTE), ("cue", "said"), ("attribution", SOURCE)}
    say(ada, suggested, "reject", quote.pk, version=4, reason="other")
    assert standing(own(ada, suggested)) == set()


def test_what_a_correction_takes_over_does_not_hang_on_its_neighbours_in_the_request(
    suggested: Revision, ada: User
) -> None:
    quote, claim = suggestion(suggested, "nine weeks"), suggestion(suggested, "12 percent", "claim")
    links = {"source": [Link(segments=(at(TEXT, "the city engineer"),))], "cue": []}
    say(ada, suggested, "correct", quote.pk, links=links)
    say(ada, suggested, "skip", claim.pk)
    given = [
        Decision(verdict=Verdict.CORRECT, on=quote.pk, version=1, attributes={"type": "mixed"}),
        Decision(verdict=Verdict.RETRACT, on=claim.pk, version=1),
        Decision(verdict=Verdict.RETRACT, on=claim.pk, version=7),
    ]
    receipts = decide_many(acting(ada), suggested, given)
    assert [bool(receipt.error) for receipt in receipts] == [False, False, True]
    assert linked(own(ada, suggested)) == {("source", QUOTE, "the city engineer")}


def test_a_link_decided_for_itself_keeps_its_ends(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    relation = next(row for row in machine(suggested).relations.values() if row.label == "source")
    say(ada, suggested, "accept", quote.pk)
    say(ada, suggested, "accept", relation.pk, version=1)
    say(ada, suggested, "correct", quote.pk, version=1, attributes={"type": "mixed"})
    assert linked(own(ada, suggested)) == {("source", QUOTE, SOURCE), ("cue", QUOTE, "said")}


def test_a_link_that_leads_elsewhere_lets_its_first_end_go(suggested: Revision, ada: User) -> None:
    relation = next(row for row in machine(suggested).relations.values() if row.label == "source")
    say(ada, suggested, "accept", relation.pk)
    added = say(ada, suggested, "add", label="attribution", segments=(at(TEXT, "the city engineer"),))
    say(ada, suggested, "correct", relation.pk, version=1, child=_uuid(added["annotation"]))
    assert standing(own(ada, suggested)) == {("quote", QUOTE), ("attribution", "the city engineer")}
    assert linked(own(ada, suggested)) == {("source", QUOTE, "the city engineer")}
    say(ada, suggested, "reject", relation.pk, version=2, reason="other")
    assert standing(own(ada, suggested)) == {("attribution", "the city engineer")}


def test_there_is_nothing_to_retract_before_a_decision(suggested: Revision, ada: User) -> None:
    with pytest.raises(InvalidTransition, match="no own decision"):
        say(ada, suggested, "retract", suggestion(suggested, "nine weeks").pk)


def test_a_source_that_two_quotes_share_outlives_the_first(
    corpus: object, suggested: Revision, ada: User
) -> None:
    quote = suggestion(suggested, "nine weeks")
    other = say(ada, suggested, "add", label="quote", segments=(at(TEXT, "two of its cables"),))
    source = suggestion(suggested, "Ana Ruiz", "attribution")
    say(ada, suggested, "accept", quote.pk)
    say(
        ada, suggested, "correct", other["annotation"] and _uuid(other["annotation"]), version=1,
        links={"source": [Link(annotation=source.pk)]},
    )  # fmt: skip
    say(ada, suggested, "retract", quote.pk, version=1)
    view = own(ada, suggested)
    assert linked(view) == {("source", "two of its cables", "Ana Ruiz, the city engineer")}
    assert ("cue", "said") not in standing(view)


def test_what_the_machine_missed_is_added_with_its_source(suggested: Revision, ada: User) -> None:
    claim = at(TEXT, "the bridge rose by 12 percent")
    links = {"source": [Link(segments=(at(TEXT, "city"),))]}
    say(ada, suggested, "add", label="claim", segments=(claim,), links=links)
    assert linked(own(ada, suggested)) == {("source", "the bridge rose by 12 percent", "city")}


def test_a_broken_quote_is_one_annotation_of_two_segments(suggested: Revision, ada: User) -> None:
    pieces = (at(TEXT, "two of its cables"), at(TEXT, "a third of their strength"))
    receipt = say(ada, suggested, "add", label="quote", segments=pieces, attributes={"type": "indirect"})
    view = own(ada, suggested)
    annotation = view.annotations[_uuid(receipt["annotation"])]
    assert [tuple(span) for span in view.segments_of(annotation)] == list(pieces)


@pytest.mark.parametrize(
    ("segments", "why"),
    [
        (((0, 0),), "empty"),
        (((5, 3),), "backwards"),
        (((0, 10_000),), "beyond the end"),
        (((10, 20), (5, 8)), "not sorted"),
        (((0, 10), (8, 12)), "not disjoint"),
    ],
)
def test_a_span_that_does_not_fit_does_not_exist(
    suggested: Revision, ada: User, segments: tuple[tuple[int, int], ...], why: str
) -> None:
    with pytest.raises(SpanRefused):
        say(ada, suggested, "add", label="claim", segments=segments)
    assert Review.objects.count() == 0, why


def test_a_surface_that_is_not_there_is_refused(suggested: Revision, ada: User) -> None:
    with pytest.raises(SpanRefused):
        say(ada, suggested, "add", label="claim", segments=((0, 5),), surface="wrong")


@pytest.mark.parametrize(
    "words",
    [
        {"label": "opinion"},
        {"label": "claim", "attributes": {"type": "direct"}},
        {"label": "quote", "attributes": {"type": "sung"}},
        {"label": "cue", "links": {"source": [Link(segments=((0, 4),))]}},
        {"label": "quote", "links": {"rhymes_with": [Link(segments=((0, 4),))]}},
    ],
)
def test_what_the_scheme_does_not_know_is_refused(suggested: Revision, ada: User, words: dict) -> None:
    with pytest.raises(BadInput):
        say(ada, suggested, "add", segments=((10, 20),), **words)
    assert not Annotation.objects.filter(origin="reviewer").exists()


def test_a_relation_is_decided_like_an_annotation(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    view = machine(suggested)
    source = next(row for row in view.relations.values() if row.head_id == quote.pk and row.label == "source")
    say(ada, suggested, "accept", quote.pk)
    say(ada, suggested, "reject", source.pk, version=1, reason="other")
    assert {row[0] for row in linked(own(ada, suggested))} == {"cue"}
    say(ada, suggested, "retract", source.pk, version=2)
    assert {row[0] for row in linked(own(ada, suggested))} == {"cue", "source"}


def test_accepting_a_relation_keeps_its_two_ends(suggested: Revision, ada: User) -> None:
    source = next(row for row in machine(suggested).relations.values() if row.label == "source")
    say(ada, suggested, "accept", source.pk)
    assert len(linked(own(ada, suggested))) == 1


def test_two_tabs_with_one_version_one_wins_and_the_other_loses_nothing(
    suggested: Revision, ada: User
) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk, version=0)
    with pytest.raises(StaleVersion) as refused:
        say(ada, suggested, "reject", quote.pk, version=0, reason="other")
    assert refused.value.details["version"] == 1
    assert refused.value.details["verdict"] == "accept"
    assert ("quote", QUOTE) in standing(own(ada, suggested))


def test_two_reviewers_never_conflict(suggested: Revision, ada: User, ben: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk, version=0)
    say(ben, suggested, "reject", quote.pk, version=0, reason="other")
    assert standing(own(ada, suggested)) and not standing(own(ben, suggested))


def test_a_replay_gets_its_receipt_even_when_its_version_is_stale(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    decision = Decision(verdict=Verdict.ACCEPT, on=quote.pk, version=0, key="tab-1")
    first = decide(acting(ada), suggested, decision)
    again = decide(acting(ada), suggested, decision)
    assert again.replayed and again.body == first.body
    assert Review.objects.filter(line=quote.pk).count() == 1


def test_a_key_that_was_used_for_something_else_is_refused(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    decide(acting(ada), suggested, Decision(verdict=Verdict.ACCEPT, on=quote.pk, key="tab-1"))
    with pytest.raises(KeyReused):
        decide(acting(ada), suggested, Decision(verdict=Verdict.SKIP, on=quote.pk, version=1, key="tab-1"))


def test_of_many_decisions_each_has_its_own_result(suggested: Revision, ada: User) -> None:
    quote, claim = suggestion(suggested, "nine weeks"), suggestion(suggested, "12 percent", "claim")
    receipts = decide_many(
        acting(ada),
        suggested,
        [
            Decision(verdict=Verdict.ACCEPT, on=quote.pk, version=7),
            Decision(verdict=Verdict.ACCEPT, on=claim.pk),
            Decision(verdict=Verdict.ADD, label="claim", segments=((3, 1),)),
        ],
    )
    assert [type(receipt.error) for receipt in receipts] == [StaleVersion, type(None), SpanRefused]
    assert [row.label for row in own(ada, suggested).standing.values()] == ["claim"]


def test_all_or_none_keeps_none_when_one_is_refused(suggested: Revision, ada: User) -> None:
    claim = suggestion(suggested, "12 percent", "claim")
    receipts = decide_many(
        acting(ada),
        suggested,
        [
            Decision(verdict=Verdict.ACCEPT, on=claim.pk, key="one"),
            Decision(verdict=Verdict.ADD, label="claim", segments=((3, 1),)),
        ],
        all_or_none=True,
    )
    assert all(receipt.error for receipt in receipts)
    assert not Review.objects.exists() and not Layer.objects.filter(kind="reviewer").exists()


def test_a_whole_pass_in_one_request_decides_everything_once(suggested: Revision, ada: User) -> None:
    every = machine(suggested).annotations.values()
    receipts = decide_many(
        acting(ada), suggested, [Decision(verdict=Verdict.ACCEPT, on=row.pk) for row in every]
    )
    assert not [receipt.error for receipt in receipts if receipt.error]
    assert len(own(ada, suggested).standing) == len(every)
    assert len(linked(own(ada, suggested))) == len(machine(suggested).relations)


def test_a_decision_that_is_refused_half_way_leaves_no_trace(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    bad = {"source": [Link(segments=((0, 5),)), Link(segments=((9, 2),))]}
    receipts = decide_many(
        acting(ada),
        suggested,
        [
            Decision(verdict=Verdict.CORRECT, on=quote.pk, links=bad),
            Decision(verdict=Verdict.ACCEPT, on=quote.pk),
        ],
    )
    assert isinstance(receipts[0].error, SpanRefused) and receipts[1].error is None
    assert Review.objects.filter(line=quote.pk).count() == 1
    assert {row[0] for row in linked(own(ada, suggested))} == {"cue", "source"}


def test_every_human_act_has_one_event_that_says_from_what_to_what(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    say(ada, suggested, "reject", quote.pk, version=1, reason="not_a_quote")
    events = Event.objects.filter(action__startswith="review.").order_by("id")
    assert [(event.action, event.reason, event.actor) for event in events] == [
        ("review.accept", "", ada),
        ("review.reject", "not_a_quote", ada),
    ]
    assert events[0].after is not None
    assert events[0].after["segments"] == [list(at(TEXT, QUOTE))]
    assert TEXT[2:12] not in str([event.after for event in events]), "events carry no words of the article"


def test_a_pass_is_submitted_only_when_everything_is_decided(suggested: Revision, ada: User) -> None:
    with pytest.raises(InvalidTransition, match="left without a decision") as refused:
        submit_pass(acting(ada), suggested)
    assert refused.value.details["undecided"] == len(machine(suggested).annotations)
    for row in machine(suggested).annotations.values():
        version = own(ada, suggested).versions.get(row.root, 0) if Review.objects.exists() else 0
        say(ada, suggested, "accept", row.pk, version=version)
    submit_pass(acting(ada), suggested)
    suggested.refresh_from_db()
    assert suggested.status == "submitted"
    with pytest.raises(InvalidTransition, match="submitted"):
        say(ada, suggested, "add", label="claim", segments=((0, 4),))
    reopen_pass(acting(ada), suggested)
    suggested.refresh_from_db()
    assert suggested.status == "in_review"


def test_read_and_nothing_found_is_a_pass(revision: Revision, ada: User) -> None:
    submit_pass(acting(ada), revision)
    revision.refresh_from_db()
    assert revision.status == "submitted"


def test_an_amended_text_leaves_a_pass_in_hand_open_and_takes_no_new_one(
    corpus: object, suggested: Revision, ada: User, ben: User
) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    put_in(suggested.article.corpus, TEXT + "More.\n")
    suggested.refresh_from_db()
    assert suggested.status == "superseded"
    say(ada, suggested, "reject", quote.pk, version=1, reason="other")
    with pytest.raises(InvalidTransition, match="amended"):
        say(ben, suggested, "accept", quote.pk)


def test_strangers_and_viewers_decide_nothing(suggested: Revision, dee: User, vic: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    with pytest.raises(NotFound):
        say(dee, suggested, "accept", quote.pk)
    with pytest.raises(NotAllowed):
        say(vic, suggested, "accept", quote.pk)


def test_a_token_without_the_scope_decides_nothing(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    reader = Actor(user=ada, via="api", scopes=frozenset({"read"}))
    with pytest.raises(NotAllowed, match="scope review"):
        decide(reader, suggested, Decision(verdict=Verdict.ACCEPT, on=quote.pk))


def test_a_pass_costs_the_same_number_of_statements_however_many_decisions(
    suggested: Revision, ada: User, ben: User, django_assert_max_num_queries: object
) -> None:
    every = list(machine(suggested).annotations.values())
    with django_assert_max_num_queries(28):  # type: ignore[operator]
        decide_many(acting(ada), suggested, [Decision(verdict=Verdict.ACCEPT, on=every[0].pk, key="a")])
    with django_assert_max_num_queries(28):  # type: ignore[operator]
        decide_many(
            acting(ben),
            suggested,
            [Decision(verdict=Verdict.ACCEPT, on=row.pk, key=str(row.pk)) for row in every],
        )


def _uuid(text: str) -> UUID:
    return UUID(text)


def test_a_new_label_leaves_no_link_that_the_scheme_forbids(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    say(ada, suggested, "correct", quote.pk, version=1, label="claim")
    assert linked(own(ada, suggested)) == {("source", QUOTE, "Ana Ruiz, the city engineer")}


def test_a_new_label_of_a_source_takes_the_link_to_it_away_until_it_is_retracted(
    suggested: Revision, ada: User
) -> None:
    quote = suggestion(suggested, "nine weeks")
    source = suggestion(suggested, "Ana Ruiz", "attribution")
    receipt = say(ada, suggested, "accept", quote.pk)
    version = next(item["version"] for item in receipt["implied"] if item["on"] == str(source.pk))
    changed = say(ada, suggested, "correct", source.pk, version=version, label="claim")
    assert linked(own(ada, suggested)) == {("cue", QUOTE, "said")}
    say(ada, suggested, "retract", source.pk, version=changed["version"])
    assert len(linked(own(ada, suggested))) == 2


def test_a_link_that_fell_with_a_new_label_does_not_come_back_while_that_stands(
    suggested: Revision, ada: User
) -> None:
    quote = suggestion(suggested, "nine weeks")
    source = suggestion(suggested, "Ana Ruiz", "attribution")
    receipt = say(ada, suggested, "accept", quote.pk)
    version = next(item["version"] for item in receipt["implied"] if item["on"] == str(source.pk))
    changed = say(ada, suggested, "correct", source.pk, version=version, label="claim")
    (fallen,) = (item for item in changed["implied"] if item["verdict"] == "reject")
    receipt = say(ada, suggested, "retract", UUID(fallen["on"]), version=fallen["version"])
    assert [(item["on"], item["verdict"]) for item in receipt["implied"]] == [(fallen["on"], "reject")]
    assert linked(own(ada, suggested)) == {("cue", QUOTE, "said")}
    assert not any(found for _, found in differences(suggested.article.corpus))
    say(ada, suggested, "retract", source.pk, version=changed["version"])
    assert len(linked(own(ada, suggested))) == 2, "it falls with what brought it about"


def test_a_link_that_is_named_twice_is_one(suggested: Revision, ada: User) -> None:
    claim, source = (
        suggestion(suggested, "12 percent", "claim"),
        suggestion(suggested, "Ana Ruiz", "attribution"),
    )
    twice = [Link(annotation=source.pk), Link(annotation=source.pk)]
    say(ada, suggested, "correct", claim.pk, links={"source": twice})
    view = own(ada, suggested)
    assert [row.label for row in view.links.values()] == ["source"]


def test_one_relation_is_not_added_twice_in_one_request(suggested: Revision, ada: User) -> None:
    claim, source = (
        suggestion(suggested, "12 percent", "claim"),
        suggestion(suggested, "Ana Ruiz", "attribution"),
    )
    add = Decision(verdict=Verdict.ADD, label="source", head=claim.pk, child=source.pk)
    first, second = decide_many(acting(ada), suggested, [add, add])
    assert first.error is None and isinstance(second.error, BadInput)
    assert len(own(ada, suggested).links) == 1


@pytest.mark.parametrize("verdict", ["skip", "accept", "correct"])
def test_a_reason_is_one_that_the_guideline_knows(suggested: Revision, ada: User, verdict: str) -> None:
    quote = suggestion(suggested, "nine weeks")
    with pytest.raises(BadInput, match="no reason"):
        say(ada, suggested, verdict, quote.pk, reason="because " * 10)


def test_why_there_is_no_source_is_kept_with_the_correction_that_says_so(
    suggested: Revision, ada: User
) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "correct", quote.pk, links={"source": []}, reason="unnamed")
    assert own(ada, suggested).counting[quote.root].reason == "unnamed"
    assert linked(own(ada, suggested)) == {("cue", QUOTE, "said")}


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("correct", {"attributes": {"type": "mixed"}}),
        ("accept", {"links": {"source": []}}),
        ("skip", {}),
    ],
)
def test_why_there_is_no_source_goes_with_a_link_that_leads_nowhere(
    suggested: Revision, ada: User, verdict: str, words: dict[str, Any]
) -> None:
    with pytest.raises(BadInput, match="goes with links that lead nowhere"):
        say(ada, suggested, verdict, suggestion(suggested, "nine weeks").pk, reason="unnamed", **words)


def test_a_first_decision_that_is_refused_begins_no_pass(suggested: Revision, ada: User) -> None:
    quote = suggestion(suggested, "nine weeks")
    with pytest.raises(StaleVersion):
        say(ada, suggested, "accept", quote.pk, version=3)
    assert not Layer.objects.filter(reviewer=ada).exists()


def test_who_has_seen_the_suggestions_after_a_pass_has_seen_them_from_then_on(
    suggested: Revision, ada: User
) -> None:
    Corpus.objects.update(suggestions_shown="after_pass")
    say(ada, suggested, "add", label="claim", segments=(at(TEXT, "two of its cables"),))
    submit_pass(acting(ada), suggested)
    reopen_pass(acting(ada), suggested)
    say(ada, suggested, "add", label="claim", segments=(at(TEXT, "a third of their strength"),))
    assert [review.suggestions_shown for review in Review.objects.order_by("pk")] == [False, True]


@pytest.mark.parametrize("status", ["gold", "disputed"])
def test_a_pass_on_what_is_settled_already_can_be_ended(revision: Revision, ada: User, status: str) -> None:
    Revision.objects.update(status=status)
    assert submit_pass(acting(ada), revision).submitted_at
    revision.refresh_from_db()
    assert revision.status == status
