"""Agreement per role: of what two people both annotated, how far they agree on its source, cue or type.

A role is a relation (who said it, by which word) or an attribute (which kind of speech). What is compared are
the annotations that are the same thing by `Passes.same`; the role of the words themselves, the content, is
`f1_overlap`.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable

from annotations.agreement.nominal_alpha import alpha_of
from annotations.agreement.passes import Passes, same_place
from annotations.agreement.spans import Segments
from annotations.agreement.statistic import Counts, People, Statistic
from annotations.agreement.units import Unit, matched

AGREED, COMPARED = "agreed", "compared"


def relation_role(name: str) -> Statistic:
    """Return how far people agree on where the relation `name` leads."""

    def agree(one: Unit, other: Unit) -> bool | None:
        own, their = one.links.get(name, frozenset()), other.links.get(name, frozenset())
        return _lead_to_the_same(own, their) if own or their else None

    return _share(
        name,
        f"Of the annotations that both have and to which one of them at least gave a {name}, the share where "
        "both lead to the same words: at least half of the characters of the two are in both.",
        agree,
    )


def attribute_role(name: str) -> Statistic:
    """Return how often people agree on the attribute `name`."""

    def agree(one: Unit, other: Unit) -> bool | None:
        own, their = one.attributes.get(name), other.attributes.get(name)
        return None if own is None and their is None else own == their

    return _share(
        name, f"Of the annotations that both have, the share to which both gave the same {name}.", agree
    )


def attribute_alpha(name: str) -> Statistic:
    """Return how far people agree on the attribute `name` beyond chance; each two who compare are a unit."""

    def counts(passes: Passes) -> Counts:
        met: defaultdict[tuple[Hashable, ...], float] = defaultdict(float)
        for one, other in passes.same:
            own, their = one.attributes.get(name), other.attributes.get(name)
            if own is not None and their is not None:
                met[own, their] += 1
                met[their, own] += 1
        return met

    return Statistic(
        name=f"{name}_alpha",
        title=f"{name}: Krippendorff's alpha",
        means=f"Of the annotations that both have and gave a {name}: how far they agree on it beyond chance.",
        undefined=f"Nothing that two people annotated has more than one {name}.",
        source="Krippendorff 2011, B",
        people=People.PAIRS,
        counts=counts,
        figure=alpha_of,
    )


def disagreements(role: Statistic, pair: Passes) -> int:
    """Return how often two people disagree on a relation or attribute of what both annotated."""
    counts = role.counts(pair)
    return int(counts[COMPARED,] - counts[AGREED,])


def _share(name: str, means: str, agree: Callable[[Unit, Unit], bool | None]) -> Statistic:
    def counts(passes: Passes) -> Counts:
        verdicts = [verdict for pair in passes.same if (verdict := agree(*pair)) is not None]
        return {(AGREED,): sum(verdicts), (COMPARED,): len(verdicts)}

    def figure(sums: Counts) -> float | None:
        return sums[AGREED,] / sums[COMPARED,] if sums.get((COMPARED,)) else None

    return Statistic(
        name=name,
        title=f"{name}: share agreed",
        means=means,
        undefined=f"Nothing that two people annotated has a {name}.",
        source="observed agreement",
        people=People.PAIRS,
        counts=counts,
        figure=figure,
    )


def _lead_to_the_same(own: frozenset[Segments], their: frozenset[Segments]) -> bool:
    if own == their or len(own) != len(their):
        return own == their
    return len(matched(_ends(own), _ends(their), same_place)) == len(own)


def _ends(places: frozenset[Segments]) -> list[Unit]:
    return [
        Unit(id=str(number), line="", label="", segments=segments)
        for number, segments in enumerate(sorted(places))
    ]
