"""A layer is read in several statements, and what lands between two of them makes nothing unreadable."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS

from annotations.models import Annotation
from annotations.services import instances, reading
from annotations.services.passes import open_desk
from annotations.services.reading import own_layer, read_layers
from corpus.models import Revision, Role, User
from tests.annotations.deciding import linked, say, standing, suggestion
from tests.conftest import acting

ROWS = instances.rows_of_layers
Arrange = Callable[[Callable[[], object]], None]


@pytest.fixture(params=[1, 2, 3])
def meanwhile(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Arrange:
    """Give a way to have something done once so many kinds of rows have been read."""

    def arrange(act: Callable[[], object]) -> None:
        left = [request.param]

        def rows(*asked: Any) -> Any:
            found = ROWS(*asked)
            left[0] -= 1
            if left[0] == 0:
                act()
            return found

        monkeypatch.setattr(reading, "rows_of_layers", rows)

    return arrange


def test_a_decision_is_read_whole_or_not_at_all(meanwhile: Arrange, suggested: Revision, ada: User) -> None:
    claim, quote = suggestion(suggested, "Traffic", "claim"), suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", claim.pk)
    meanwhile(lambda: say(ada, suggested, "accept", quote.pk))
    view = open_desk(acting(ada), Role.REVIEWER, suggested).own
    assert {label for label, _ in standing(view)} in ({"claim"}, {"claim", "quote", "attribution", "cue"})
    assert {label for label, _, _ in linked(view)} in (set(), {"source", "cue"})


def test_no_relation_is_read_without_its_ends(meanwhile: Arrange, suggested: Revision, ada: User) -> None:
    say(ada, suggested, "accept", suggestion(suggested, "Traffic", "claim").pk)
    layer = own_layer(acting(ada), suggested)
    assert layer is not None
    quote = suggestion(suggested, "nine weeks")
    meanwhile(lambda: say(ada, suggested, "accept", quote.pk))
    view = read_layers([layer])[0]
    for relation in view.relations.values():
        assert view.end_lines(relation)


def test_rows_are_those_that_the_orm_reads(suggested: Revision) -> None:
    def told(rows: Iterable[Annotation]) -> list[dict[str, Any]]:
        return [vars(row) | {"_state": (row._state.adding, row._state.db)} for row in rows]

    layers = list(suggested.layers.values_list("pk", flat=True))
    rows = instances.rows_of_layers(Annotation, layers, ("id",), DEFAULT_DB_ALIAS)
    assert rows and told(rows) == told(Annotation.objects.order_by("id"))
