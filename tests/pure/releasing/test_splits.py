"""Stories are split whole, by a hash alone, at about the shares that were asked for."""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.releasing.splits import Shares, SharesRefused, Split, split_of, strictest

SHARES = st.tuples(st.integers(0, 1000), st.integers(0, 1000)).map(
    lambda cuts: Shares(min(cuts), max(cuts) - min(cuts), 1000 - max(cuts))
)
#: Articles, each with its story.
ARTICLES = st.lists(st.integers(0, 20), max_size=50).map(
    lambda stories: {article: UUID(int=story) for article, story in enumerate(stories)}
)


def straddling(stories: Mapping[int, UUID], split: Callable[[int], Split]) -> set[UUID]:
    """Return the stories whose articles are in several splits."""
    found = defaultdict(set)
    for article, story in stories.items():
        found[story].add(split(article))
    return {story for story, splits in found.items() if len(splits) > 1}


@given(ARTICLES, st.text(max_size=8), SHARES)
def test_no_story_straddles(stories: dict[int, UUID], seed: str, shares: Shares) -> None:
    assert not straddling(stories, lambda article: split_of(stories[article], seed=seed, shares=shares))


def test_a_split_by_article_does_straddle() -> None:
    chance = random.Random(7)
    stories = {article: UUID(int=article // 3) for article in range(300)}
    assert len(straddling(stories, lambda _: chance.choice(list(Split)))) > 50


@given(st.uuids(), st.text(max_size=8), SHARES)
def test_a_story_stays_where_it_is_while_its_share_grows(story: UUID, seed: str, shares: Shares) -> None:
    more_test = Shares(0, shares.dev, shares.train + shares.test)
    if split_of(story, seed=seed, shares=shares) == Split.TEST:
        assert split_of(story, seed=seed, shares=more_test) == Split.TEST


@pytest.mark.parametrize("seed", ["", "one", "another"])
def test_shares_are_met_as_closely_as_chance_allows(seed: str) -> None:
    shares, count = Shares(800, 100, 100), 20_000
    found = [split_of(UUID(int=number), seed=seed, shares=shares) for number in range(count)]
    for split, share in shares.body().items():
        # Four standard deviations of a binomial: one run of this in 16,000 would be outside.
        assert abs(found.count(Split(split)) - count * share) < 4 * (count * share * (1 - share)) ** 0.5


def test_seeds_split_otherwise_and_a_seed_always_alike() -> None:
    def splits(seed: str) -> list[Split]:
        return [split_of(UUID(int=number), seed=seed, shares=Shares()) for number in range(200)]

    assert splits("one") == splits("one") != splits("two")
    # Fixed for good: another hash would move stories between the splits of releases that go on from others.
    stories = [UUID(int=number) for number in range(8)]
    found = [split_of(story, seed="2026", shares=Shares(400, 300, 300)).value for story in stories]
    assert found == ["dev", "test", "train", "train", "dev", "dev", "test", "test"]


@pytest.mark.parametrize(
    "parts", [(0.8, 0.1, 0.2), (1.1, -0.1, 0), (0.9999, 0.0001, 0), (float("nan"), 1, 0)]
)
def test_shares_that_are_none_are_refused(parts: tuple[float, float, float]) -> None:
    with pytest.raises(SharesRefused):
        Shares.of(*parts)


def test_shares_are_parts_of_one() -> None:
    assert Shares.of(0.7, 0.2, 0.1) == Shares(700, 200, 100)
    assert Shares.of(1, 0, 0).body() == {"train": 1, "dev": 0, "test": 0}


def test_what_was_held_out_outweighs() -> None:
    assert strictest([Split.TRAIN, Split.TEST, Split.DEV]) == Split.TEST
    assert strictest([Split.TRAIN, Split.DEV]) == Split.DEV
    assert strictest([]) is None
