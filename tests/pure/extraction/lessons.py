"""Invented articles with what people say of them: quotes, sources and cues, some that no rule sees."""

import random

from annotations.extraction.learned.examples import Example, example_of

NAMES = ("Mara Voss", "Ilya Brandt", "Tess Okonjo", "Henrik Sand", "Lucía Prado", "Noor Haddad")
CLAUSES = (
    "the pier will stay closed until spring",
    "nobody had paid for the new gate",
    "the ferry needs a second engine",
    "three of the boats were lost in the storm",
)
PLAIN = ("Rain had fallen since the early morning.", "A second vote is planned before the summer.")
#: {q…} is what is said, {s} who says it, {c…} the reporting word; the last two have words no rule knows
PATTERNS = (
    "“{q},” {s} {c:said}.",
    "{s} {c:said} that {q}.",
    "{s} {c:told reporters} {q}.",
    "{s} {c:kvetched how} {q}.",
    "{q}, {c:so} {s}.",
)


def invent_lesson(number: int, *, sentences: int = 12) -> Example:
    """Return lesson `number`: the same article, with the same gold, for the same number."""
    chance = random.Random(f"lesson:{number}")
    text = ""
    quotes = []
    for place in range(sentences):
        if chance.random() < 0.3:
            text += chance.choice(PLAIN)
        else:
            sentence, quote = _say(chance, len(text))
            text += sentence
            quotes.append(quote)
        text += "\n\n" if place % 3 == 2 else " "
    return example_of({"text": text, "quotes": quotes})


def _say(chance, offset):
    pattern, name, clause = chance.choice(PATTERNS), chance.choice(NAMES), chance.choice(CLAUSES)
    cue = pattern[pattern.index("{c:") + 3 :].partition("}")[0]
    if pattern.startswith(("“", "{q}")):
        clause = clause.capitalize()
    sentence = pattern.replace(f"{{c:{cue}}}", cue).replace("{q}", clause).replace("{s}", name)

    def span(words):
        start = offset + sentence.index(words)
        return {"start": start, "end": start + len(words)}

    direct = sentence.startswith("“")
    return sentence, {
        **span(f"“{clause},”" if direct else clause),
        "type": "direct" if direct else "indirect",
        "speaker": span(name),
        "cue": span(cue),
    }
