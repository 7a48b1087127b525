"""Stories: who prints the same text is found whatever comes first, and stays found."""

import random
from collections.abc import Sequence
from itertools import permutations
from uuid import UUID

import pytest

from corpus.models import Article, Corpus
from corpus.services.stories import group_stories
from tests.conftest import put_in

WORDS = [
    f"{first}{last}"
    for first in ("bri", "har", "fer", "cou", "mar")
    for last in ("dge", "bor", "ry", "ncil", "ket")
]


def text_of(seed: object, paragraphs: int = 4) -> str:
    """Return made-up paragraphs of forty words, one a line."""
    chance = random.Random(str(seed))
    return "".join(
        " ".join(chance.choice(WORDS) + str(chance.randrange(40)) for _ in range(40)) + ".\n"
        for _ in range(paragraphs)
    )


def story_of(article_id: UUID) -> UUID | None:
    return Article.objects.values_list("story", flat=True).get(pk=article_id)


def put(corpus: Corpus, external_id: str, text: str) -> UUID:
    return put_in(corpus, text, external_id).article_id


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_story_is_named_after_its_earliest_article_whatever_is_grouped_first(
    corpus: Corpus, order: Sequence[int]
):
    """The second stands between the other two, which share nothing; a fourth has nothing to do with them."""
    first, last = text_of("first"), text_of("last")
    ids = [put(corpus, name, text) for name, text in (("a", first), ("b", first + last), ("c", last))]
    alone = put(corpus, "d", text_of("alone"))
    for place in order:
        Article.objects.exclude(pk=ids[place]).update(story_due=False)
        Article.objects.filter(pk=ids[place]).update(story_due=True)
        assert group_stories(corpus) == 1
    Article.objects.filter(pk=alone).update(story_due=True)
    assert group_stories(corpus) == 1
    assert [story_of(pk) for pk in ids] == [ids[0]] * 3
    assert story_of(alone) == alone
    assert group_stories(corpus) == 0
