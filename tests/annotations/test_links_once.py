"""A link stands once, whatever makes an older one come back."""

from typing import Any
from uuid import UUID

import pytest

from annotations.models import Relation
from annotations.services import reviewing
from annotations.services.verifying import Lie, verify
from corpus.models import Revision, User
from corpus.services.errors import StaleVersion
from tests.annotations.deciding import Link, at, machine, own, say, suggestion
from tests.conftest import TEXT

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(suggested: Revision) -> Relation:
    """What leads from the quote to whom it is of."""
    quote = suggestion(suggested, "nine weeks")
    found = machine(suggested).relations.values()
    return next(row for row in found if row.head_id == quote.pk and row.label == "source")


def version(user: User, revision: Revision, line: Any) -> int:
    return own(user, revision).versions.get(line, 0)


def sources(user: User, revision: Revision) -> list[Relation]:
    return [row for row in own(user, revision).links.values() if row.label == "source"]


def undo(user: User, revision: Revision, line: Any) -> dict[str, Any]:
    return say(user, revision, "retract", line, version=version(user, revision, line))


def sound() -> bool:
    return not [found for found in verify() if isinstance(found, Lie)]


def test_one_that_is_added_takes_the_place_of_one_whose_end_had_fallen(
    suggested: Revision, ada: User, source: Relation
) -> None:
    say(ada, suggested, "accept", source.pk)
    undo(ada, suggested, source.child_id)
    assert sources(ada, suggested) == []
    body = say(ada, suggested, "add", label="source", head=source.head_id, child=source.child_id)
    [link] = sources(ada, suggested)
    assert str(link.root) == body["line"]
    assert {(one["on"], one["verdict"]) for one in body["implied"] if one["of"] == "relation"} == {
        (str(source.pk), "reject")
    }
    undo(ada, suggested, link.root)
    say(ada, suggested, "accept", source.child_id, version=version(ada, suggested, source.child_id))
    assert [row.root for row in sources(ada, suggested)] == [source.root]
    assert sound()


def test_one_that_counts_again_gives_way_to_what_was_added_meanwhile(
    suggested: Revision, ada: User, source: Relation
) -> None:
    say(ada, suggested, "accept", source.pk)
    other = say(ada, suggested, "add", label="attribution", segments=(at(TEXT, "engineer"),))["annotation"]
    say(ada, suggested, "correct", source.pk, version=1, child=UUID(other))
    added = say(ada, suggested, "add", label="source", head=source.head_id, child=source.child_id)
    assert len(sources(ada, suggested)) == 2
    undo(ada, suggested, source.root)
    assert [str(row.root) for row in sources(ada, suggested)] == [added["line"]]
    assert sound()


def test_a_link_of_another_label_by_now_is_not_written_again(
    suggested: Revision, ada: User, source: Relation
) -> None:
    """The cue was made the source; then the quote is corrected, and that source is named."""
    cue = next(
        row
        for row in machine(suggested).relations.values()
        if row.head_id == source.head_id and row.label == "cue"
    )
    say(ada, suggested, "correct", cue.pk, label="source", child=source.child_id)
    links = {"source": [Link(annotation=source.child_id)]}
    seen = version(ada, suggested, source.head_id)
    say(ada, suggested, "correct", source.head_id, version=seen, links=links)
    assert len(sources(ada, suggested)) == 1
    assert sound()


def test_one_that_stood_twice_before_stays_so_until_something_is_decided(
    suggested: Revision, ada: User, source: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(reviewing, "drop_doubles", lambda desk: False)
        say(ada, suggested, "accept", source.pk)
        undo(ada, suggested, source.child_id)
        say(ada, suggested, "add", label="source", head=source.head_id, child=source.child_id)
    assert len(sources(ada, suggested)) == 2
    with pytest.raises(StaleVersion):
        say(ada, suggested, "accept", source.head_id, version=77)
    assert len(sources(ada, suggested)) == 2
    claim = suggestion(suggested, "12 percent", "claim")
    body = say(ada, suggested, "accept", claim.pk)
    assert [(one["on"], one["verdict"]) for one in body["implied"]] == [(str(source.pk), "reject")]
    assert len(sources(ada, suggested)) == 1
    assert sound()
