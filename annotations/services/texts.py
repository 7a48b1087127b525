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
    for block in Block.objects.filter(revision__in=revision_ids, segmenter=SEGMENTER).order_by("start"):
        found[block.revision_id].append(
            TextBlock(
                start=block.start,
                end=block.end,
                kind=BlockKind(block.effective_kind),
                name_start=block.name_start,
                name_end=block.name_end,
            )
        )
    return found
