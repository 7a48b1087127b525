"""The guards of the tables of annotations."""

from corpus.triggers import Guard


def kept_or_emptied(*columns: str) -> str:
    """Return the condition that texts stay as they are, or that erasing empties them."""
    return " AND ".join(f"""(OLD."{name}" = NEW."{name}" OR NEW."{name}" = '')""" for name in columns)


ANNOTATION_GUARDS = [
    Guard(
        table="annotations_annotation",
        frozen=[
            "id", "layer_id", "label", "start", "end", "attributes", "origin", "score", "derived_from_id",
            "root",
        ],
        allowed=kept_or_emptied("surface", "reason"),
        message="An annotation never changes once written.",
    ),
    Guard(
        table="annotations_segment",
        frozen=["id", "annotation_id", "number", "start", "end"],
        allowed=kept_or_emptied("surface"),
        message="A segment never changes once written.",
    ),
    Guard(
        table="annotations_relation",
        frozen=[
            "id", "layer_id", "label", "head_id", "child_id", "origin", "score", "derived_from_id", "root",
        ],
        allowed=kept_or_emptied("reason"),
        message="A relation never changes once written.",
    ),
    Guard(
        table="annotations_review",
        frozen=[
            "id", "layer_id", "line", "version", "verdict", "annotation_id", "relation_id",
            "result_id", "result_relation_id", "retracts_id", "implied_by_id", "guideline",
            "suggestions_shown", "at",
        ],
        allowed=kept_or_emptied("reason", "note"),
        message="A review never changes once written.",
        keeps_rows=True,
        unique=["layer_id", "line", "version"],
    ),
]  # fmt: skip

#: The tables of gold, which came later.
GOLD_GUARDS = [
    Guard(
        table="annotations_settlement",
        frozen=[
            "id", "layer_id", "line", "version", "outcome", "dispute_id", "result_id", "result_relation_id",
            "implied_by_id", "reason", "rule", "guideline", "settled_by_id", "at",
        ],
        allowed=kept_or_emptied("note"),
        message="A settlement never changes once written.",
        keeps_rows=True,
        unique=["layer_id", "line", "version"],
    ),
]  # fmt: skip

#: The table of comments: nothing changes in place, but words can be taken away.
COMMENT_GUARDS = [
    Guard(
        table="annotations_comment",
        frozen=[
            "id", "corpus_id", "revision_id", "line", "thread", "act", "of_id", "version", "author_id",
            "by_adjudicator", "at",
        ],
        allowed=kept_or_emptied("text"),
        message="A comment never changes once written.",
        keeps_rows=True,
        unique=["of_id", "version"],
    ),
]  # fmt: skip

#: The tables of releases.
RELEASE_GUARDS = [
    Guard(
        table="annotations_release",
        frozen=["id", "corpus_id", "name", "layer", "after_id", "manifest", "made_by_id", "made_at"],
        message="A release never changes.",
        keeps_rows=True,
        unique=["corpus_id", "name"],
    ),
    Guard(
        table="annotations_releasedarticle",
        frozen=["id", "release_id", "article_id", "revision_id", "split", "external_id", "story", "sha256"],
        allowed="""NEW."record" IS NULL OR (OLD."record" IS NOT NULL AND OLD."record" = NEW."record")""",
        message="A released article never changes.",
        keeps_rows=True,
        unique=["release_id", "article_id"],
    ),
]  # fmt: skip
