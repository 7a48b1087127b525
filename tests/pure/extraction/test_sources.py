"""The words that name a source."""

import pytest

from tests.pure.extraction.marked import quotes_in, suggest

NAMED = [
    ("Holm said that it was late.", "Holm"),
    ("Harbour master Ida Holm said that it was late.", "Harbour master Ida Holm"),
    ("The harbour master said that it was late.", "The harbour master"),
    ("A spokesman for the port of Hull said that it was late.", "A spokesman for the port of Hull"),
    ("Officials in Oslo said that it was late.", "Officials in Oslo"),
    ("On Monday, Ida Holm said that it was late.", "Ida Holm"),
    ("When asked about the pier, Ida Holm said that it was late.", "Ida Holm"),
    ("But Ida Holm said that it was late.", "Ida Holm"),
    ("Ida Holm, who runs the port, said that it was late.", "Ida Holm"),
    ("Ida Holm, a pilot from Hull, said that it was late.", "Ida Holm, a pilot from Hull"),
    ("Ida Holm (Labour) said that it was late.", "Ida Holm (Labour)"),
    ("Ida Holm and Olaf Brandt said that it was late.", "Ida Holm and Olaf Brandt"),
    ("She also said that it was late.", "She"),
    ("They've said that it was late.", "They"),
    ("The ferry sank, and they said that it was late.", "they"),
    ("The crew, which had slept, warned that it was late.", "The crew"),
    ("Brandt, who said that it was late, went home.", "who"),
    ("It was late, said a man who runs the port of Hull.", "a man"),
    ('"It is late," said Holm in a letter.', "Holm"),
    ('"It is late," said the head of the port.', "the head of the port"),
    ('"It is late," former pilot Olaf Brandt said.', "former pilot Olaf Brandt"),
]


@pytest.mark.parametrize(("text", "source"), NAMED, ids=[text for text, _ in NAMED])
def test_the_source_is_the_whole_phrase_that_names_it(text, source):
    (_, said) = quotes_in(text)[0]
    assert said.source is not None
    assert said.source.of(text) == source


MEANT = [
    ("Pilot Ida Holm left. She said that it was late.", "“She”: Pilot Ida Holm, one sentence before"),
    ("Pilot Ida Holm left. It was cold. Holm said so.⏎Holm said that it was late.", "“Holm”: Pilot Ida Holm"),
    ("Ida Holm met Olaf Brandt. The boat left. She said that it was late.", "Ida Holm, 2 sentences before"),
    ("Ida Holm left when she said that it was late.", "“she”: Ida Holm, in the same sentence"),
    ("Ida Holm left. Ms. Holm said that it was late.", "“Holm”: Ida Holm, one sentence before"),
]


@pytest.mark.parametrize(("text", "meant"), MEANT, ids=[text for text, _ in MEANT])
def test_the_reason_tells_whom_a_pronoun_or_a_short_name_means(text, meant):
    reasons = [item.reason for item in suggest(text.replace("⏎", "\n")).annotations if item.label == "quote"]
    assert meant in reasons[-1]


@pytest.mark.parametrize(
    "text",
    [
        "The Town Council met. He said that it was late.",
        "Ida Holm left. It rained. It froze. It thawed. The ice broke. She said that it was late.",
        "Ida Holm said that it was late.",
    ],
)
def test_nobody_is_named_who_need_not_be_meant(text):
    (reason,) = [item.reason for item in suggest(text).annotations if item.label == "quote"]
    assert "before" not in reason


@pytest.mark.parametrize(
    "text", ["You could say that it was late.", "I would argue that it was late.", "It was said."]
)
def test_a_manner_of_speaking_reports_nobody(text):
    assert quotes_in(text) == []
