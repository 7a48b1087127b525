import random
import unicodedata

from corpus.text.blocks import segment_blocks
from corpus.text.shingles import body_of, fingerprints, shingles, words_of

CHANCE = random.Random(7)
WORDS = [f"word{number}" for number in range(3000)]


def invented(words: int) -> str:
    return " ".join(CHANCE.choices(WORDS, k=words))


def test_the_worked_example_of_broder():
    """Section 2 of the paper: the 4-shingling of (a, rose, is, a, rose, is, a, rose)."""
    assert set(shingles(words_of("a rose is a rose is a rose"), 4)) == {
        ("a", "rose", "is", "a"),
        ("rose", "is", "a", "rose"),
        ("is", "a", "rose", "is"),
    }


def test_the_sample_estimates_containment_also_in_a_text_ten_times_as_long():
    short = invented(400)
    sample = fingerprints(short)
    assert 70 <= len(sample) <= 130
    assert len(sample & fingerprints(f"{invented(2000)} {short} {invented(2000)}")) == len(sample)
    half = " ".join(short.split()[:200])
    assert 0.4 <= len(sample & fingerprints(f"{half} {invented(400)}")) / len(sample) <= 0.6
    assert not sample & fingerprints(invented(400))


def test_however_it_is_written_it_is_the_same_text():
    text = (
        "“We’ll see,” said Renée Kovářová – the co-operative’s Straße, or ﬁnance, is closed… for 9 weeks.\n"
        * 2
    )
    for other in (
        unicodedata.normalize("NFD", text),
        text.replace("“", '"').replace("”", '"').replace("’", "'").replace("–", "--").replace("…", "..."),
        text.replace(" ", "\u00a0").replace("\n", "\r\n\r\n"),
        text.upper(),
        text.replace("closed", "clo\u00adsed"),
        text.replace("ß", "ss").replace("ﬁ", "fi"),
    ):
        assert words_of(other) == words_of(text)
    assert words_of(text.replace("9", "8")) != words_of(text)


def test_characters_are_words_where_none_are_set_apart():
    assert words_of("港口关闭九周。ふじ丸 2024") == [*"港口关闭九周ふじ丸", "2024"]


def test_a_text_too_short_to_draw_from_has_one_fingerprint_of_its_own():
    prints = {text: fingerprints(text) for text in ("Ferry late", "Ferry late!", "Ferry cancelled", "…")}
    assert prints["Ferry late"] == prints["Ferry late!"] != prints["Ferry cancelled"]
    assert [len(found) for found in prints.values()] == [1, 1, 1, 0]


def test_fingerprints_fit_a_signed_column_and_are_the_same_in_every_process():
    assert fingerprints("Ferry late") == {2352771106039581337}
    assert all(0 <= found < 2**63 for found in fingerprints(invented(2000)))


def test_what_an_outlet_puts_around_a_text_is_left_out():
    text = (
        "Ferry runs late\nBy Ida Holm\nKiel, 3 May 2024\n\n"
        "The ferry was late by nine hours on Sunday, its owner said.\n"
        "Nobody was hurt in the storm that held it up.\n\nShare this article\nFollow us on Facebook\n"
    )
    blocks = [(block.start, block.end, block.kind) for block in segment_blocks(text)]
    body = body_of(text, blocks)
    assert body.startswith("The ferry was late") and body.endswith("held it up.")
    assert body_of("Ferry runs late", [(0, 15, "headline")]) == "Ferry runs late"
