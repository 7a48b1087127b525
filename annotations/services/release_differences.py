"""What one release of a corpus has that an earlier one has not, read side by side at constant memory."""

from collections.abc import Iterator
from typing import Any

from annotations.models import Release, ReleasedArticle
from annotations.releasing.differences import ArticleDifference, Entry, Fate, Summary, differences
from annotations.services.released import kept_record
from annotations.services.selection import PAGE
from corpus.services.errors import BadInput
from corpus.snapshot import snapshot

#: What is said behind "articles" of those that had a fate.
FATES = {
    Fate.ADDED: "added",
    Fate.DROPPED: "dropped",
    Fate.ERASED: "erased",
    Fate.AMENDED: "amended, or blacked out otherwise",
    Fate.KEPT: "with the same text, and other labels, fields or split",
}


def compare_releases(old: Release, new: Release, *, most: int) -> tuple[Summary, list[ArticleDifference]]:
    """Return what the differences come to, and the first of them.

    Raises:
        BadInput: the two are of different corpora.
    """
    if old.corpus_id != new.corpus_id:
        raise BadInput("The two releases are of different corpora.", field="from")
    summary, listed = Summary(), list[ArticleDifference]()
    with snapshot() as alias:
        for difference in differences(_entries(old, alias), _entries(new, alias)):
            summary.add(difference)
            if len(listed) < most:
                listed.append(difference)
    return summary, listed


def comparison_body(
    old: Release, new: Release, summary: Summary, listed: list[ArticleDifference]
) -> dict[str, Any]:
    return {
        "from": old.name,
        "to": new.name,
        **summary.as_json(),
        "listed": [_difference_body(difference) for difference in listed],
    }


def _difference_body(difference: ArticleDifference) -> dict[str, Any]:
    return {
        "article": difference.article,
        "external_id": difference.external_id,
        "fate": difference.fate.value,
        "old_split": difference.old_split,
        "new_split": difference.new_split,
        "fields": list(difference.fields),
        "annotations": [{**vars(line), "aspects": list(line.aspects)} for line in difference.annotations],
        "relations": [{**vars(line), "aspects": list(line.aspects)} for line in difference.relations],
    }


def _entries(release: Release, alias: str) -> Iterator[Entry]:
    """Yield the articles of a release by their ids."""
    rows = ReleasedArticle.objects.using(alias).filter(release=release).order_by("article_id")
    columns = ("article_id", "split", "record", "external_id")
    page = list(rows.values_list(*columns)[:PAGE])
    while page:
        for article, split, record, external_id in page:
            gone = {"id": str(article), "external_id": external_id, "tombstone": "erased"}
            yield Entry(split, gone if record is None else kept_record(bytes(record)))
        page = list(rows.filter(article_id__gt=page[-1][0]).values_list(*columns)[:PAGE])
