"""A verb whose whole object is what was said: Holm accused the council of hiding the costs."""

from collections.abc import Iterator

from annotations.extraction.clauses import trim
from annotations.extraction.lexicon import read_table
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, governed

#: the words that tell such an object from another: accused her of it, but not: accused her
LINKS = {verb: frozenset(links.split()) for verb, links in read_table("accusing_verbs")}


def find(reading: Reading) -> Iterator[Said]:
    """Yield what somebody is accused of, blamed for or credited with, whoever it is included."""
    for report in reading.open_reports():
        links = LINKS.get(report.cue.verb.lemma)
        if links is None or report.inverted:
            continue
        end = reading.end_of_report(report)
        if any(token.low in links for token in reading.tokens[report.last : end]):
            pieces = (trim(reading.tokens, report.last, end),)
            yield governed(reading.tokens, report, pieces, "accusation", 0.6)
