"""Whether a guideline tells the reviewers that wrong suggestions are planted.

It does where one of its numbered rules has the words "suggestions are planted". A rule begins a line with
its number, bold or not (`R22.` or `**R22. …**`), and ends before the next; case and line breaks do not
matter. The words hold in any language: a rule may say the same in its own beside them.
"""

import re
from itertools import pairwise

#: A rule to paste into a guideline.
DISCLOSURE = (
    "**R22. Planted suggestions.** Some suggestions are planted: they are wrong on purpose, to check our "
    "attention. Whoever accepts one is told at once; it is taken back, and nothing is left of it."
)
_WORDS = "suggestions are planted"
_RULE = re.compile(r"^[ \t]*(?:[*_#>-]+[ \t]*)*(R\d+)\b", re.MULTILINE)


def disclosing_rule(guideline: str) -> str | None:
    """Return the number of the first rule that discloses planted suggestions, such as R22, or None."""
    starts = [rule.start() for rule in _RULE.finditer(guideline)]
    for start, end in pairwise([*starts, len(guideline)]):
        rule = guideline[start:end]
        if _WORDS in " ".join(rule.lower().split()) and (number := _RULE.match(rule)):
            return number[1]
    return None
