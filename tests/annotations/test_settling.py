"""From passes to gold: what agrees, what differs, and who settles that."""

import copy
import json
from typing import Any
from uuid import UUID

import pytest

from annotations.models import Dispute, Layer, LayerKind, Settlement
from annotations.services.decisions import Link
from annotations.services.passes import reopen_pass, submit_pass
from annotations.services.reading import LayerView, read_layers, visible_layers
from annotations.services.seeing import events_seen_by
from annotations.services.settling import (
    Choice,
    WrittenEnd,
    approve_passes,
    find_dispute,
    reopen_dispute,
    settle_dispute,
)
from annotations.services.verifying import Lie, verify
from corpus.models import Corpus, Event, Revision, Role, User
from corpus.schemes import DEFAULT_SCHEME
from corpus.services.actors import COMMAND
from corpus.services.corpora import configure_corpus, publish_scheme
from corpus.services.errors import BadInput, InvalidTransition, NotAllowed, NotFound, StaleVersion
from tests.annotations.deciding import at, linked, machine, own, say, standing, suggestion
from tests.annotations.test_queue import settings
from tests.conftest import TEXT, acting, member, put_in


def decide_all(user: User, revision: Revision, **instead: Any) -> None:
    """Accept every quote and claim, and submit; `instead` has other words for what holds some words.

    A quote that holds them goes before a claim that does.
    """
    rows = list(machine(revision).annotations.values())
    held = {part: [row for row in rows if part in row.surface] for part in instead}
    meant = {
        row.pk: words
        for part, words in instead.items()
        for row in [row for row in held[part] if row.label == "quote"] or held[part]
    }
    for row in sorted(rows, key=lambda row: row.label in ("attribution", "cue")):
        seen = own_versions(user, revision)
        if row.label in ("quote", "claim"):
            words = dict(meant.get(row.pk, {"verdict": "accept"}))
            say(user, revision, words.pop("verdict"), row.pk, version=seen.get(row.root, 0), **words)
        elif row.root not in seen:
            say(user, revision, "skip", row.pk)
    submit_pass(acting(user), revision)


def own_versions(user: User, revision: Revision) -> dict[Any, int]:
    layers = Layer.objects.filter(revision=revision, reviewer=user)
    return read_layers(list(layers))[0].versions if layers else {}


def gold(revision: Revision) -> LayerView:
    return read_layers([Layer.objects.get(revision=revision, kind=LayerKind.GOLD)])[0]


def quoted(view: LayerView) -> set[str]:
    return {row.surface for row in view.standing.values() if row.label == "quote"}


def status(revision: Revision) -> str:
    return str(Revision.objects.get(pk=revision.pk).status)


@pytest.fixture
def two(suggested: Revision) -> Revision:
    """A text that two people are to read."""
    settings(suggested.article.corpus, passes=2)
    return suggested


@pytest.fixture
def disputed(two: Revision, ada: User, ben: User) -> Revision:
    """Ben has cut the end off Ada's first quote; all else is the same."""
    decide_all(ada, two)
    shorter = at(TEXT, "The bridge will be closed")
    decide_all(ben, two, **{"nine weeks": {"verdict": "correct", "segments": (shorter,)}})
    return two


def lies() -> list[Lie]:
    return [found for found in verify() if isinstance(found, Lie)]


REASON: dict[str, Any] = {"reason": "boundary"}


def test_what_two_passes_agree_on_is_gold_by_itself(two: Revision, ada: User, ben: User) -> None:
    decide_all(ada, two)
    assert status(two) == "submitted"
    decide_all(ben, two)
    assert status(two) == "gold"
    assert standing(gold(two)) == standing(own(ada, two))
    assert linked(gold(two)) == linked(own(ada, two))
    assert {row.outcome for row in Settlement.objects.all()} == {"agreed"}
    rows = gold(two).standing.values()
    assert all(row.derived_from and row.derived_from.layer.reviewer == ada for row in rows)
    assert lies() == []


def test_where_they_differ_a_dispute_opens_and_the_rest_is_gold(disputed: Revision) -> None:
    dispute = Dispute.objects.get()
    assert (status(disputed), dispute.differences) == ("disputed", ["content"])
    assert not any("bridge will" in words for words in quoted(gold(disputed)))
    assert any(row.label == "claim" for row in gold(disputed).standing.values())
    assert lies() == []


def test_agreement_waits_for_approval_where_the_corpus_says_so(
    two: Revision, ada: User, ben: User, cy: User
) -> None:
    settings(two.article.corpus, agreed_is_gold=False)
    decide_all(ada, two)
    decide_all(ben, two)
    assert (status(two), Settlement.objects.count()) == ("submitted", 0)
    with pytest.raises(NotAllowed):
        approve_passes(acting(ada), two)
    approve_passes(acting(cy), two)
    assert status(two) == "gold"
    assert standing(gold(two)) == standing(own(ada, two))


def test_a_single_pass_is_gold_or_waits_as_the_corpus_says(suggested: Revision, ada: User, cy: User) -> None:
    decide_all(ada, suggested)
    assert status(suggested) == "submitted"
    approve_passes(acting(cy), suggested)
    assert status(suggested) == "gold"
    assert {row.outcome for row in Settlement.objects.all()} == {"approved"}


def test_approving_passes_that_differ_opens_their_disputes(
    two: Revision, ada: User, ben: User, cy: User
) -> None:
    corpus = settings(two.article.corpus, passes=3)
    decide_all(ada, two)
    decide_all(ben, two, **{"nine weeks": {"verdict": "reject", "reason": "other"}})
    configure_corpus(COMMAND, corpus, version=corpus.version, changes={"passes": 2})
    assert status(two) == "submitted"
    approve_passes(acting(cy), two)
    assert (status(two), Dispute.objects.get().differences) == ("disputed", ["missing"])
    assert not any("nine weeks" in words for words in quoted(gold(two)))
    assert lies() == []


def test_passes_that_differ_are_disputed_once_no_more_are_asked_for(
    two: Revision, ada: User, ben: User
) -> None:
    corpus = settings(two.article.corpus, passes=3)
    decide_all(ada, two)
    decide_all(ben, two, **{"nine weeks": {"verdict": "reject", "reason": "other"}})
    settings(corpus, passes=2)
    assert (status(two), Dispute.objects.get().differences) == ("disputed", ["missing"])
    assert lies() == []


def test_a_single_pass_is_gold_by_itself(suggested: Revision, ada: User) -> None:
    settings(suggested.article.corpus, single_is_gold=True)
    decide_all(ada, suggested)
    assert (status(suggested), standing(gold(suggested))) == ("gold", standing(own(ada, suggested)))


def test_taking_one_pass_settles_with_its_links(disputed: Revision, ben: User, cy: User) -> None:
    dispute, ours = Dispute.objects.get(), own(ben, disputed)
    settle_dispute(acting(cy), dispute, Choice(take=ours.layer.pk, **REASON), version=1)
    assert status(disputed) == "gold"
    found = gold(disputed)
    assert ("quote", "The bridge will be closed") in standing(found)
    assert ("source", "The bridge will be closed", "Ana Ruiz, the city engineer") in linked(found)
    settled = Settlement.objects.get(dispute=dispute, implied_by=None)
    assert (settled.outcome, settled.reason, settled.settled_by) == ("taken", "boundary", cy)
    assert lies() == []


@pytest.mark.parametrize("when", ["while it is disputed", "once it is gold"])
def test_a_pass_that_was_never_compared_takes_nothing_out_of_gold(
    two: Revision, ada: User, ben: User, cy: User, when: str
) -> None:
    """It differs from what the others agree on, and no dispute has asked anybody about that."""
    corpus = settings(two.article.corpus, agreed_is_gold=False)
    cat = member(corpus, "cat", Role.REVIEWER)
    claim = suggestion(two, "12 percent", "claim")
    if when == "while it is disputed":
        say(cat, two, "reject", claim.pk, reason="other")
    decide_all(ada, two)
    decide_all(
        ben,
        two,
        **{"nine weeks": {"verdict": "correct", "segments": (at(TEXT, "The bridge will be closed"),)}},
    )
    dispute = Dispute.objects.get()
    pass_of_ada = own(ada, two).layer.pk
    if when == "once it is gold":
        settle_dispute(acting(cy), dispute, Choice(take=pass_of_ada, **REASON), version=1)
    two.refresh_from_db()
    decide_all(cat, two, **{"12 percent": {"verdict": "reject", "reason": "other"}})
    if when == "once it is gold":
        reopen_dispute(acting(cy), dispute, version=2)
    settle_dispute(
        acting(cy), dispute, Choice(take=pass_of_ada, **REASON), version=Dispute.objects.get().version
    )
    assert status(two) == "gold"
    assert standing(gold(two)) == standing(own(ada, two))
    assert lies() == []


def supporting(corpus: Corpus) -> None:
    """Let one claim support another."""
    scheme = copy.deepcopy(DEFAULT_SCHEME)
    scheme["relations"].append({"name": "supports", "heads": ["claim"], "children": ["claim"]})
    publish_scheme(COMMAND, corpus, definition=scheme, version=1)


def test_words_that_a_pass_has_twice_and_links_become_gold_as_two(revision: Revision, ada: User) -> None:
    corpus = revision.article.corpus
    supporting(corpus)
    settings(corpus, passes=1, single_is_gold=True)
    words: dict[str, Any] = {"label": "claim", "segments": (at(TEXT, "rose by 12 percent"),)}
    first = say(ada, revision, "add", **words)
    say(ada, revision, "add", **words, links={"supports": [Link(annotation=UUID(first["annotation"]))]})
    submit_pass(acting(ada), revision)
    assert status(revision) == "gold"
    assert len(gold(revision).standing) == 2
    assert [row.label for row in gold(revision).links.values()] == ["supports"]
    assert lies() == []


def test_what_an_adjudicator_writes_does_not_lead_to_itself(disputed: Revision, cy: User) -> None:
    supporting(disputed.article.corpus)
    dispute = Dispute.objects.get()
    place = at(TEXT, "Traffic over the bridge rose by 12 percent")
    ends = {"supports": (WrittenEnd(label="claim", segments=(place,)),)}
    choice = Choice(label="claim", segments=(place,), links=ends, **REASON)
    with pytest.raises(BadInput, match="supports leads from these words to themselves"):
        settle_dispute(acting(cy), dispute, choice, version=dispute.version)


def test_a_source_that_a_pass_names_twice_is_linked_once(
    two: Revision, ada: User, ben: User, cy: User
) -> None:
    """In the pass they are two annotations of the same words; gold has one line for these."""
    decide_all(ada, two)
    named = Link(segments=(at(TEXT, "Ana Ruiz"),))
    decide_all(ben, two, **{"nine weeks": {"verdict": "correct", "links": {"source": [named, named]}}})
    assert [row.surface for row in own(ben, two).standing.values()].count("Ana Ruiz") == 2
    choice = Choice(take=own(ben, two).layer.pk, **REASON)
    settle_dispute(acting(cy), Dispute.objects.get(), choice, version=1)
    found = gold(two)
    lines = [(row.label, *found.end_lines(row)) for row in found.links.values()]
    assert len(lines) == len(set(lines))
    assert "Ana Ruiz" in {child for label, _, child in linked(found) if label == "source"}
    assert lies() == []


def test_merging_takes_the_words_of_one_and_the_source_of_another(
    two: Revision, ada: User, ben: User, cy: User
) -> None:
    decide_all(ada, two)
    decide_all(
        ben,
        two,
        **{
            "nine weeks": {
                "verdict": "correct",
                "segments": (at(TEXT, "The bridge will be closed"),),
                "links": {"source": []},
            }
        },
    )
    dispute = Dispute.objects.get()
    assert dispute.differences == ["content", "source"]
    parts = {"content": own(ben, two).layer.pk, "source": own(ada, two).layer.pk}
    settle_dispute(acting(cy), dispute, Choice(merge=parts, **REASON), version=1)
    found = gold(two)
    assert ("source", "The bridge will be closed", "Ana Ruiz, the city engineer") in linked(found)
    merged = next(row for row in found.standing.values() if row.surface == "The bridge will be closed")
    assert merged.origin == "adjudicator"
    assert lies() == []


def test_writing_anew(disputed: Revision, cy: User) -> None:
    choice = Choice(
        label="quote",
        segments=(at(TEXT, "closed for nine weeks"),),
        attributes={"type": "direct"},
        links={"source": [WrittenEnd(label="attribution", segments=(at(TEXT, "Ana Ruiz"),))]},
        **REASON,
    )
    settle_dispute(acting(cy), Dispute.objects.get(), choice, version=1)
    assert ("source", "closed for nine weeks", "Ana Ruiz") in linked(gold(disputed))
    assert lies() == []


def test_rejecting_both_leaves_nothing(disputed: Revision, cy: User) -> None:
    settle_dispute(acting(cy), Dispute.objects.get(), Choice(reject=True, **REASON), version=1)
    assert status(disputed) == "gold"
    assert not any(
        "bridge" in row.surface for row in gold(disputed).standing.values() if row.label == "quote"
    )
    assert lies() == []


def test_settling_again_makes_new_rows_and_the_old_ones_fall(
    disputed: Revision, ada: User, ben: User, cy: User
) -> None:
    dispute = Dispute.objects.get()
    settle_dispute(acting(cy), dispute, Choice(take=own(ada, disputed).layer.pk, **REASON), version=1)
    before = Settlement.objects.count()
    reopen_dispute(acting(cy), dispute, version=2)
    assert status(disputed) == "disputed"
    assert any("nine weeks" in words for words in quoted(gold(disputed)))
    settle_dispute(acting(cy), dispute, Choice(take=own(ben, disputed).layer.pk, **REASON), version=3)
    assert status(disputed) == "gold"
    assert ("quote", "The bridge will be closed") in standing(gold(disputed))
    assert not any("nine weeks" in words for words in quoted(gold(disputed)))
    assert Settlement.objects.count() > before
    reopen_dispute(acting(cy), dispute, version=4)
    settle_dispute(acting(cy), dispute, Choice(reject=True, **REASON), version=5)
    assert not any("The bridge" in head for _, head, _ in linked(gold(disputed)) if "nine weeks" not in head)
    assert lies() == []


def test_nobody_settles_what_they_are_a_party_to(
    disputed: Revision, ada: User, corpus: Corpus, lea: User
) -> None:
    corpus.members.filter(user=ada).update(role="adjudicator")
    dispute = Dispute.objects.get()
    with pytest.raises(NotAllowed, match="second look"):
        settle_dispute(acting(ada), dispute, Choice(reject=True, **REASON), version=1)
    settings(corpus, two_people=False)
    settle_dispute(acting(ada), dispute, Choice(reject=True, **REASON), version=1)


def test_of_two_adjudicators_the_first_wins(disputed: Revision, cy: User, lea: User) -> None:
    dispute = Dispute.objects.get()
    settle_dispute(acting(cy), dispute, Choice(reject=True, **REASON), version=1)
    with pytest.raises(StaleVersion):
        settle_dispute(acting(lea), dispute, Choice(reject=True, **REASON), version=1)
    with pytest.raises(InvalidTransition):
        settle_dispute(acting(lea), dispute, Choice(reject=True, **REASON), version=2)
    assert Settlement.objects.filter(dispute=dispute).count() == 1


@pytest.mark.parametrize(
    "choice",
    [
        Choice(**REASON),
        Choice(reject=True, label="quote", **REASON),
        Choice(reject=True),
        Choice(reject=True, reason="because"),
        Choice(label="quote", **REASON),
        Choice(label="nonsense", segments=((0, 3),), **REASON),
    ],
)
def test_a_choice_that_is_none_is_refused(disputed: Revision, cy: User, choice: Choice) -> None:
    with pytest.raises(BadInput):
        settle_dispute(acting(cy), Dispute.objects.get(), choice, version=1)
    assert Dispute.objects.get().status == "open"


def test_a_reviewer_and_a_stranger_see_no_dispute(disputed: Revision, ada: User, dee: User, cy: User) -> None:
    dispute = Dispute.objects.get()
    with pytest.raises(NotAllowed):
        find_dispute(acting(ada), dispute.pk)
    with pytest.raises(NotFound):
        find_dispute(acting(dee), dispute.pk)
    assert find_dispute(acting(cy), dispute.pk) == dispute
    say(cy, disputed, "skip", suggestion(disputed, "nine weeks").pk)
    with pytest.raises(NotAllowed, match="in hand"):
        find_dispute(acting(cy), dispute.pk)


def test_a_pass_that_is_taken_up_again_ends_its_disputes_and_finds_new_ones(
    disputed: Revision, ada: User, ben: User
) -> None:
    reopen_pass(acting(ben), disputed)
    assert (status(disputed), Dispute.objects.get().status) == ("in_review", "dropped")
    quote = suggestion(disputed, "nine weeks")
    say(ben, disputed, "accept", quote.pk, version=1)
    submit_pass(acting(ben), disputed)
    assert status(disputed) == "gold"
    assert standing(gold(disputed)) == standing(own(ada, disputed))
    assert lies() == []


def test_gold_is_not_taken_up_again_by_a_reviewer(two: Revision, ada: User, ben: User) -> None:
    decide_all(ada, two)
    decide_all(ben, two)
    with pytest.raises(InvalidTransition, match="gold"):
        reopen_pass(acting(ada), two)


def test_what_one_rejected_is_missing(two: Revision, ada: User, ben: User, cy: User) -> None:
    decide_all(ada, two)
    decide_all(ben, two, **{"nine weeks": {"verdict": "reject", "reason": "other"}})
    dispute = Dispute.objects.get()
    assert dispute.differences == ["missing"]
    settle_dispute(acting(cy), dispute, Choice(take=own(ben, two).layer.pk, **REASON), version=1)
    assert not any("nine weeks" in words for words in quoted(gold(two)))
    assert Settlement.objects.get(dispute=dispute).outcome == "rejected"


def test_a_pass_that_is_taken_up_again_ends_what_was_settled_on_it_too(
    two: Revision, ada: User, ben: User, cy: User
) -> None:
    added: dict[str, Any] = {"label": "claim", "segments": (at(TEXT, "two of its cables"),)}
    first = say(ada, two, "add", **added)
    decide_all(ada, two)
    decide_all(ben, two, **{"nine weeks": {"verdict": "reject", "reason": "other"}})
    ours = own(ada, two).layer.pk
    dispute = Dispute.objects.get(line=first["line"])
    assert Dispute.objects.filter(status="open").count() == 2
    settle_dispute(acting(cy), dispute, Choice(take=ours, **REASON), version=1)
    reopen_pass(acting(ada), two)
    say(ada, two, "retract", UUID(first["annotation"]), version=1)
    submit_pass(acting(ada), two)
    dispute.refresh_from_db()
    assert dispute.status == "dropped"
    settle_dispute(acting(cy), Dispute.objects.get(status="open"), Choice(reject=True, **REASON), version=1)
    assert status(two) == "gold"
    assert ("claim", "two of its cables") not in standing(gold(two)), "no pass says so any more"
    assert lies() == []


def test_rejecting_something_alone_leaves_it_where_something_else_leads_to_it(
    two: Revision, ada: User, ben: User, cy: User
) -> None:
    decide_all(ada, two, **{"nine weeks": {"verdict": "correct", "links": {"source": []}}})
    attribution = suggestion(two, "Ana Ruiz, the city engineer", "attribution")
    claim = suggestion(two, "nine weeks", "claim")
    reopen_pass(acting(ada), two)
    seen = own_versions(ada, two)
    say(ada, two, "correct", claim.pk, version=seen[claim.root], links={"source": []})
    say(ada, two, "accept", attribution.pk, version=own_versions(ada, two).get(attribution.root, 0))
    submit_pass(acting(ada), two)
    decide_all(ben, two)
    alone = Dispute.objects.get(line=attribution.root)
    for dispute in Dispute.objects.exclude(pk=alone.pk):
        settle_dispute(acting(cy), dispute, Choice(take=own(ben, two).layer.pk, **REASON), version=1)
    settle_dispute(acting(cy), alone, Choice(reject=True, **REASON), version=1)
    assert status(two) == "gold"
    assert linked(gold(two)) == linked(own(ben, two))
    assert lies() == []


def test_settling_an_attribution_again_leaves_the_quotes_that_lead_to_it_as_they_were(
    two: Revision, ada: User, ben: User, cy: User
) -> None:
    """Ada has the attribution alone, and no quote leads to it; Ben has it with its quote, as a source."""
    quote = suggestion(two, "nine weeks")
    attribution = suggestion(two, "Ana Ruiz, the city engineer", "attribution")
    say(ada, two, "correct", quote.pk, links={"source": []})
    say(ada, two, "correct", suggestion(two, "nine weeks", "claim").pk, links={"source": []})
    say(ada, two, "accept", attribution.pk)
    finish(ada, two)
    decide_all(ben, two)
    alone, others = Dispute.objects.get(line=attribution.root), Dispute.objects.exclude(line=attribution.root)
    settle_dispute(acting(cy), alone, Choice(take=own(ada, two).layer.pk, **REASON), version=1)
    for dispute in others:
        settle_dispute(acting(cy), dispute, Choice(take=own(ben, two).layer.pk, **REASON), version=1)
    before = linked(gold(two))
    assert any(end == "Ana Ruiz, the city engineer" for _, _, end in before)
    reopen_dispute(acting(cy), alone, version=2)
    name = Choice(label="attribution", segments=(at(TEXT, "Ana Ruiz"),), **REASON)
    settle_dispute(acting(cy), alone, name, version=3)
    assert ("attribution", "Ana Ruiz") in standing(gold(two))
    assert linked(gold(two)) == before
    reopen_dispute(acting(cy), alone, version=4)
    settle_dispute(acting(cy), alone, Choice(reject=True, **REASON), version=5)
    assert ("attribution", "Ana Ruiz") not in standing(gold(two))
    assert linked(gold(two)) == before
    for dispute in others:
        settled = reopen_dispute(acting(cy), dispute, version=2)
        settle_dispute(acting(cy), dispute, Choice(reject=True, **REASON), version=settled.version)
    assert not any("Ana Ruiz" in words for label, words in standing(gold(two)) if label == "attribution")
    assert lies() == []


def finish(user: User, revision: Revision) -> None:
    """Skip what is left without a decision, and submit."""
    seen = own_versions(user, revision)
    for row in machine(revision).annotations.values():
        if row.root not in seen:
            say(user, revision, "skip", row.pk)
    submit_pass(acting(user), revision)


def test_taking_a_disputed_pass_up_again_does_not_tell_that_others_differ(
    disputed: Revision, ada: User
) -> None:
    reopen_pass(acting(ada), disputed)
    events = Event.objects.filter(subject_id=disputed.pk)
    seen = events_seen_by(acting(ada), disputed.article.corpus, Role.REVIEWER, events)
    words = json.dumps(list(seen.values_list("action", "before", "after")))
    assert "pass.reopened" in words and "disput" not in words
    assert events.filter(action="dispute.dropped").exists(), "the control"


def shows_gold(user: User, revision: Revision, role: Role = Role.REVIEWER) -> bool:
    revision.refresh_from_db()
    layers = visible_layers(acting(user), revision.article.corpus, role, revision)
    return LayerKind.GOLD in {layer.kind for layer in layers}


def test_what_was_agreed_of_a_text_that_was_amended_in_dispute_stays_kept_back(
    disputed: Revision, ada: User, cy: User
) -> None:
    put_in(disputed.article.corpus, f"{TEXT}\nMore of it.\n", disputed.article.external_id)
    assert status(disputed) == "superseded"
    assert not shows_gold(ada, disputed), "what is missing in it is what others said otherwise"
    assert shows_gold(cy, disputed, Role.ADJUDICATOR)


def test_gold_of_a_text_that_was_amended_shows_on(two: Revision, ada: User, ben: User) -> None:
    decide_all(ada, two)
    decide_all(ben, two)
    put_in(two.article.corpus, f"{TEXT}\nMore of it.\n", two.article.external_id)
    assert status(two) == "superseded"
    assert shows_gold(ada, two)


@pytest.mark.parametrize("end", ["gold", "superseded"])
def test_no_move_tells_a_reviewer_that_a_text_was_disputed(
    disputed: Revision, ada: User, ben: User, cy: User, end: str
) -> None:
    if end == "gold":
        [dispute] = Dispute.objects.all()
        settle_dispute(acting(cy), dispute, Choice(take=own(ben, disputed).layer.pk, **REASON), version=1)
    else:
        put_in(disputed.article.corpus, f"{TEXT}\nMore of it.\n", disputed.article.external_id)
    assert status(disputed) == end
    events = Event.objects.filter(subject_id=disputed.pk)
    corpus = disputed.article.corpus
    told = {
        role: json.dumps(
            list(events_seen_by(acting(who), corpus, role, events).values_list("before", "after", "reason"))
        )
        for who, role in ((ada, Role.REVIEWER), (cy, Role.ADJUDICATOR))
    }
    assert "disput" not in told[Role.REVIEWER]
    assert "disput" in told[Role.ADJUDICATOR], "the control"
