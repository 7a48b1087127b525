"""What holds of every statistic, whoever said what."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.agreement import STATISTICS
from annotations.agreement.passes import Passes
from annotations.agreement.roles import attribute_alpha, attribute_role, relation_role
from annotations.agreement.statistic import People, Statistic
from tests.pure.agreement.marking import figure
from tests.pure.agreement.strategies import LENGTH, several_passes

ROLES = (relation_role("source"), attribute_role("type"), attribute_alpha("type"))
EVERY = pytest.mark.parametrize("statistic", [*STATISTICS, *ROLES], ids=lambda statistic: statistic.name)
#: There are many statistics.
FEWER = settings(max_examples=40)
TEXTS = st.lists(several_passes(), min_size=1, max_size=4)
TEXTS_OF_TWO = st.lists(several_passes(most=2), min_size=1, max_size=4)


def texts_for(statistic: Statistic) -> st.SearchStrategy[list[Passes]]:
    """Return texts of the numbers of people that a statistic takes."""
    same_number = statistic.people is People.TWO or statistic.name == "fleiss_kappa"
    return TEXTS_OF_TWO if same_number else TEXTS


@given(several_passes())
def test_what_two_people_cover_is_known_from_what_everybody_does(passes: Passes) -> None:
    for pair in passes.pairs.values():
        alone = Passes(length=pair.length, by_person=pair.by_person)
        assert {who: count for who, count in pair.covered.items() if count} == alone.covered


def same(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else one == pytest.approx(other, abs=1e-12)


@EVERY
@FEWER
@given(data=st.data())
def test_a_figure_lies_between_its_bounds(statistic: Statistic, data: st.DataObject) -> None:
    found = figure(statistic, *data.draw(texts_for(statistic)))
    least = 0 if statistic.name.startswith("f1") or "agreed" in statistic.title else -1
    assert found is None or least - 1e-12 <= found <= 1 + 1e-12


@EVERY
@FEWER
@given(data=st.data())
def test_names_and_orders_change_nothing(statistic: Statistic, data: st.DataObject) -> None:
    """Of people, of texts, and of what somebody says of one."""
    texts = data.draw(texts_for(statistic))
    turned = [
        Passes(
            length=text.length,
            by_person={
                f"{99 - number}": random.Random(number).sample(list(units), len(units))
                for number, units in enumerate(text.by_person.values())
            },
        )
        for text in reversed(texts)
    ]
    assert same(figure(statistic, *texts), figure(statistic, *turned))


@EVERY
@FEWER
@given(passes=several_passes(least=1, most=1))
def test_the_same_layer_twice_agrees_or_has_nothing_to_agree_on(statistic: Statistic, passes: Passes) -> None:
    [units] = passes.by_person.values()
    twice = Passes(length=LENGTH, by_person={"one": units, "other": units})
    found = figure(statistic, twice)
    assert found is None or found == pytest.approx(1, abs=1e-12)
    if 0 < twice.covered.get(3, 0) < LENGTH and not statistic.name.endswith("type_alpha"):
        assert found is not None


@given(several_passes(), st.permutations(["direct", "indirect", "mixed"]))
def test_other_names_of_the_types_change_nothing(passes: Passes, names: list[str]) -> None:
    new = dict(zip(["direct", "indirect", "mixed"], names, strict=True))
    renamed = Passes(
        length=passes.length,
        by_person={
            name: [
                type(unit)(
                    id=unit.id, line=unit.line, label=unit.label, segments=unit.segments, links=unit.links,
                    attributes={"type": new[unit.attributes["type"]]},
                )
                for unit in units
            ]
            for name, units in passes.by_person.items()
        },
    )  # fmt: skip
    for statistic in (attribute_role("type"), attribute_alpha("type")):
        assert same(figure(statistic, passes), figure(statistic, renamed))


@EVERY
def test_nothing_marked_is_undefined_and_neither_0_nor_1(statistic: Statistic) -> None:
    nothing = Passes(length=LENGTH, by_person={"one": [], "other": []})
    assert figure(statistic, nothing) is None
    assert figure(statistic) is None
