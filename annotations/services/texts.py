"""Texts as pipelines read them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from annotations.extraction.base import ArticleText
from corpus.models import Block, Revision
from corpus.text.blocks import SEGMENTER, BlockKind
from corpus.text.blocks import Block as TextBlock


def article_text(revision: Revision) -> ArticleText:
    return article_texts([revision])[revision.pk]


def article_texts(revisions: Iterable[Revision]) -> dict[UUID, ArticleText]:
    """Return what pipelines read of revisions, whose articles should be there already. One query."""
    held = {revision.pk: revision for revision in revisions}
    blocks = text_blocks(held)
    return {
        pk: ArticleText(
            text=revision.text, language=revision.article.language or "en", blocks=tuple(blocks[pk])
        )
        for pk, revision in held.items()
    }


def text_blocks(revision_ids: Collection[UUID]) -> dict[UUID, list[TextBlock]]:
    """Return the blocks of revisions with the kinds that people set. One query."""
    found: dict[UUID, list[TextBlock]] = defaultdict(list)
    rows = Block.objects.filter(revision__in=revision_ids, segmenter=SEGMENTER).order_by("start")
    # Tuples: a long text has hundreds of blocks, and every page that shows it reads them.
    for pk, start, end, kind, kind_set, name_start, name_end in rows.values_list(
        "revision_id", "start", "end", "kind", "kind_set", "name_start", "name_end"
    ):
        block_kind = BlockKind(kind_set or kind)
        found[pk].append(
            TextBlock(start=start, end=end, kind=block_kind, name_start=name_start, name_end=name_end)
        )
    return found
