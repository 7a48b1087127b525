from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text.blocks import BlockKind, segment_blocks

SEEDS = Path(__file__).parents[4] / "shared" / "seeds"

PARAGRAPH = "The council met on Tuesday evening and voted, after five hours, to close the harbour road."
SECOND = "Mayor Ada Lind said that it would open again in spring, and that nobody would miss a bus."


def pages(*rows, blank="\n\n"):
    """Join (kind, line) rows to a text; give it with the rows as blocks should show them."""
    return blank.join(line for _, line in rows), [(kind, line) for kind, line in rows]


def kinds(text, **options):
    return [(block.kind.value, text[block.start : block.end]) for block in segment_blocks(text, **options)]


def names(text):
    return [
        text[block.name_start : block.name_end]
        for block in segment_blocks(text)
        if block.name_start is not None and block.kind is BlockKind.SPEAKER_TURN
    ]


PAGES = {
    "a plain article": [
        ("headline", "Harbour road to close for a year"),
        ("body", PARAGRAPH),
        ("body", SECOND),
    ],
    "an article with all that stands above a body": [
        ("furniture", "Skip to main content"),
        ("furniture", "Home > World > Europe"),
        ("furniture", "World"),
        ("headline", "Harbour road to close for a year"),
        ("standfirst", "Residents fear that buses will not replace the only way to the ferry"),
        ("byline", "By Jane Roe and Ben Okri, Associated Press"),
        ("dateline", "Wednesday, October 20, 2021 5:32 PM ET"),
        ("body", PARAGRAPH),
        ("body", SECOND),
    ],
    "a standfirst of a full sentence, told by the date below it": [
        ("headline", "Harbour road to close for a year"),
        ("standfirst", "Residents fear that buses will not replace the only way to the ferry."),
        ("dateline", "LEITH, Oct 20 (Reuters)"),
        ("body", PARAGRAPH),
    ],
    "no standfirst where the first paragraph opens with its place": [
        ("headline", "Harbour road to close for a year"),
        ("byline", "Jane Roe"),
        ("body", "LEITH, Scotland (AP) — The council met on Tuesday evening and voted to close the road."),
        ("credit", "Photo: Jane Roe/AFP"),
        ("body", SECOND),
    ],
    "subheads, one of them a question": [
        ("headline", "Harbour road to close for a year"),
        ("body", PARAGRAPH),
        ("subhead", "What will the buses cost?"),
        ("subhead", "Fear of a long winter"),
        ("body", SECOND),
        ("subhead", "‘Nobody asked us’"),
        ("body", PARAGRAPH),
    ],
    "a date between paragraphs heads a section": [
        ("headline", "Harbour road: the year in dates"),
        ("body", PARAGRAPH),
        ("body", SECOND),
        ("subhead", "20 October 2021"),
        ("body", PARAGRAPH),
    ],
    "lists and spoken questions are body": [
        ("headline", "Harbour road to close for a year"),
        ("body", PARAGRAPH),
        ("body", "Three things are sure:"),
        ("body", "- a bus every hour"),
        ("body", "• no parking"),
        ("body", "So who will pay?"),
        ("body", SECOND),
        ("body", "Line 10"),
        ("body", "Line 22"),
        ("body", "Line 36"),
        ("body", PARAGRAPH),
    ],
    "marked captions and credits": [
        ("headline", "Harbour road to close for a year"),
        ("body", PARAGRAPH),
        ("body", SECOND),
        ("caption", "Image caption, The harbour road on a better day"),
        ("credit", "Getty Images/Jane Roe"),
        ("body", SECOND),
        ("credit", "Ben Okri / Reuters"),
        ("caption", "FILE - Ferries wait at the harbour, Monday, Oct. 18, 2021."),
        ("body", SECOND),
    ],
    "station and share lines within the body": [
        ("furniture", "Listen • 4:12"),
        ("furniture", "4:12"),
        ("furniture", "0:00 / 4:12"),
        ("headline", "Harbour road to close for a year"),
        ("furniture", "Share this story on Facebook"),
        ("body", PARAGRAPH),
        ("furniture", "ADVERTISEMENT"),
        ("furniture", "Read more: Why the harbour floods"),
        ("furniture", "* * *"),
        ("body", SECOND),
        ("furniture", "We use cookies to make this page better."),
        ("furniture", "Sign up for our newsletter"),
    ],
    "lines about the makers, at the end": [
        ("headline", "Harbour road to close for a year"),
        ("body", PARAGRAPH),
        ("body", SECOND),
        ("furniture", "ar/jcg (AP, dpa)"),
        ("furniture", "(Reporting by Jane Roe; Editing by Ben Okri)"),
        ("furniture", "Jane Roe is a senior correspondent for the Harbour Post, where she covers roads."),
        ("furniture", "Edited by: Ben Okri"),
        ("furniture", "© 2021 Harbour Post"),
        ("furniture", "This is listener-supported radio: please make a donation today."),
    ],
    "a site's name, its menu, and topics at the end": [
        ("furniture", "Leith and Harbour Broadcasting"),
        ("furniture", "Home"),
        ("furniture", "News"),
        ("furniture", "Sport"),
        ("headline", "Harbour road to close for a year"),
        ("byline", "Post News, Leith"),
        ("body", PARAGRAPH),
        ("furniture", "Advertisement"),
        ("body", SECOND),
        ("furniture", "Related Topics"),
        ("furniture", "Leith"),
        ("furniture", "Roads and bridges"),
    ],
    "a list at the end, below an advertisement, is body": [
        ("headline", "Harbour road to close for a year"),
        ("body", PARAGRAPH),
        ("furniture", "Advertisement"),
        ("body", "- a bus every hour"),
        ("body", "- no parking"),
    ],
    "date and author above the headline, and again at the end": [
        ("furniture", "1. Front page of the day"),
        ("furniture", "2. World"),
        ("dateline", "20/10/2021"),
        ("byline", "By Jane Roe"),
        ("headline", "Harbour road to close for a year"),
        ("body", PARAGRAPH),
        ("body", SECOND),
        ("byline", "By Jane Roe"),
        ("dateline", "Published 20 October 2021 at 17:32"),
    ],
    "who is called a correspondent inside the body stays there": [
        ("headline", "Harbour road to close for a year"),
        ("body", "Jane Roe is a correspondent for the Harbour Post."),
        ("body", "Reporting by the Post has shown what the road costs."),
        ("body", SECOND),
    ],
    "no headline where the text begins with a sentence": [
        ("body", PARAGRAPH),
        ("body", SECOND),
    ],
    "a single line": [("body", "Harbour road to close for a year")],
    "other scripts": [
        ("headline", "Дорога в порт закроется на год"),
        ("body", "Совет собрался во вторник вечером и проголосовал за закрытие дороги."),
        ("subhead", "Что дальше"),
        ("body", "Мэр заявила, что весной дорога откроется снова."),
    ],
    "script without spaces": [
        ("headline", "港口道路将关闭一年"),
        ("body", "市议会周二晚上开会，经过五个小时的讨论，投票决定关闭港口道路。"),
        ("body", "市长表示道路将在春天重新开放。"),
    ],
}


@pytest.mark.parametrize("rows", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("blank", ["\n\n", "\r\n\r\n", "\n \u00a0\n", "\u2029\u2029"], ids=repr)
def test_each_line_of_a_page_gets_its_kind(rows, blank):
    text, expected = pages(*rows, blank=blank)
    assert kinds(text) == expected


@pytest.mark.parametrize("name", ["a plain article", "lines about the makers, at the end", "other scripts"])
def test_pages_without_blank_lines_are_read_too(name):
    text, expected = pages(*PAGES[name], blank="\n")
    assert kinds(text) == expected


TRANSCRIPTS = {
    "radio": (
        [
            ("headline", "Harbour road to close for a year"),
            ("body", "The council has voted to close the harbour road. Our Jane Roe joins us from Leith."),
            ("speaker_turn", "OKRI: So, what happened?"),
            ("speaker_turn", "ROE: Well, they voted for five hours."),
            ("speaker_turn", "And then they went home."),
            ("speaker_turn", "MAYOR ADA LIND: (Through interpreter) The road will open in spring."),
            ("furniture", "(SOUNDBITE OF FERRY HORN)"),
            ("speaker_turn", "UNIDENTIFIED PERSON #1: No, it won't."),
            ("speaker_turn", "OKRI: Thank you, Jane."),
            ("furniture", "Transcript provided by the Harbour Post."),
        ],
        ["OKRI", "ROE", "MAYOR ADA LIND", "UNIDENTIFIED PERSON #1", "OKRI"],
    ),
    "names with roles": (
        [
            ("headline", "What the candidates said about the road"),
            ("speaker_turn", "JANE ROE, HOST: Welcome."),
            ("speaker_turn", "MARY O'NEIL-McCABE (Independent): It is too dear."),
            ("speaker_turn", "URSULA von der LEYEN, PRESIDENT OF THE EUROPEAN COMMISSION: I agree."),
            ("speaker_turn", "ROE: Goodbye."),
        ],
        ["JANE ROE", "MARY O'NEIL-McCABE", "URSULA von der LEYEN", "ROE"],
    ),
    "title case, when names alternate": (
        [
            ("headline", "Ten minutes with the mayor"),
            ("speaker_turn", "Jane Roe: Why close the road?"),
            ("speaker_turn", "Ada Lind: Because it falls into the sea."),
            ("speaker_turn", "Jane Roe: And the buses?"),
            ("speaker_turn", "Ada Lind: Every hour."),
        ],
        ["Jane Roe", "Ada Lind", "Jane Roe", "Ada Lind"],
    ),
    "question and answer": (
        [
            ("headline", "Ten minutes with the mayor"),
            ("speaker_turn", "Q: Why close the road?"),
            ("speaker_turn", "A: Because it falls into the sea."),
            ("subhead", "On the buses"),
            ("speaker_turn", "Q: And the buses?"),
            ("speaker_turn", "A: Every hour."),
        ],
        ["Q", "A", "Q", "A"],
    ),
    "question and answer with full stops": (
        [
            ("headline", "Ten minutes with the mayor"),
            ("speaker_turn", "Q. Why close the road?"),
            ("speaker_turn", "A. Because it falls into the sea."),
        ],
        ["Q", "A"],
    ),
    "stamps of time, and a full-width colon": (
        [
            ("headline", "Ten minutes with the mayor"),
            ("speaker_turn", "[00:01:07] ROE: Why close the road?"),
            ("speaker_turn", "[00:01:12] LIND：It falls into the sea."),
            ("speaker_turn", "[00:01:20] ROE: And the buses?"),
        ],
        ["ROE", "LIND", "ROE"],
    ),
    "one turn, of somebody whom the text has named": (
        [
            ("headline", "Harbour road to close for a year"),
            ("body", SECOND),
            ("speaker_turn", "LIND: Nobody will be left without a bus."),
            ("body", PARAGRAPH),
        ],
        ["LIND"],
    ),
}


@pytest.mark.parametrize(("rows", "speakers"), TRANSCRIPTS.values(), ids=TRANSCRIPTS)
def test_turns_of_a_transcript_know_their_speakers(rows, speakers):
    text, expected = pages(*rows)
    assert kinds(text) == expected
    assert names(text) == speakers


@pytest.mark.parametrize(
    "rows",
    [
        [("headline", "EU: no deal on fish"), ("body", PARAGRAPH), ("body", SECOND)],
        [("headline", "Fish talks fail"), ("body", f"NEW DELHI: {PARAGRAPH}"), ("body", SECOND)],
        [
            ("headline", "Fish talks fail"),
            ("body", "NOTE: prices are of 2021."),
            ("body", "CLAIM: it is dear."),
        ],
        [
            ("headline", "Fish talks fail"),
            ("body", "A. Smith won the prize of the harbour."),
            ("body", SECOND),
        ],
        [("headline", "Fish talks fail"), ("body", f"Good news: {PARAGRAPH}"), ("body", SECOND)],
        [
            ("headline", "Fish talks fail"),
            *[("body", f"{sea}: cod is dear.") for sea in ("NORTH", "IRISH", "BLACK", "RED")],
        ],
        [
            ("headline", "Votes"),
            *[("body", line) for line in ("Lind: 12,004.", "Roe: 31.", "Lind: 7.", "Roe: 12.")],
        ],
        [
            ("headline", "Fish talks fail"),
            ("body", "Friday: closed all day."),
            ("body", "Monday: closed all day."),
        ],
    ],
    ids=lambda rows: rows[1][1][:20],
)
def test_other_labels_before_a_colon_are_no_speakers(rows):
    text, expected = pages(*rows)
    assert kinds(text) == expected
    assert names(text) == []


def test_after_a_turn_of_an_article_the_author_goes_on():
    text, expected = pages(
        ("headline", "Harbour road to close for a year"),
        ("body", SECOND),
        ("speaker_turn", "ROE: Will it open again?"),
        ("speaker_turn", "LIND: It will."),
        ("body", PARAGRAPH),
    )
    assert kinds(text) == expected


def test_a_credit_fused_to_its_caption_is_a_block_of_its_own():
    picture = "A view of Leith\nThe road on MondayImage: J. Roe/dpa/picture alliance"
    text = f"Harbour road to close for a year\n\n{PARAGRAPH}\n\n{SECOND}\n\n{picture}\n\n{SECOND}"
    assert kinds(text)[3:6] == [
        ("caption", "A view of Leith"),
        ("caption", "The road on Monday"),
        ("credit", "Image: J. Roe/dpa/picture alliance"),
    ]


@pytest.mark.parametrize(
    "credit", ["(AP Photo/Jane Roe)", "(Photo by Jane Roe/AFP via Getty Images)", "[Ben Okri/Reuters]"]
)
def test_a_credit_in_brackets_is_a_block_of_its_own(credit):
    text = (
        f"Harbour road to close for a year\n\n{PARAGRAPH}\n\nThe road is seen on Monday. {credit}\n\n{SECOND}"
    )
    assert kinds(text)[2:4] == [("caption", "The road is seen on Monday."), ("credit", credit)]


@pytest.mark.parametrize(
    "ending", ["the agency Tass. (Reuters)", "the senator (D-N.Y.)", "she wrote in “Photo: a love story”."]
)
def test_a_paragraph_that_ends_in_brackets_or_a_colon_stays_whole(ending):
    text = f"Harbour road to close for a year\n\n{PARAGRAPH}\n\n{PARAGRAPH[:-1]}, says {ending}\n\n{SECOND}"
    assert [kind for kind, _ in kinds(text)] == ["headline", "body", "body", "body"]


def test_a_short_line_fused_with_a_player_is_furniture():
    fused = "Jane Roe contributed to this reportPlay Live Radio"
    assert kinds(f"Harbour road to close for a year\n\n{PARAGRAPH}\n\n{fused}")[-1] == ("furniture", fused)


def test_a_player_fused_to_a_long_paragraph_is_taken_off_it():
    paragraph = " ".join([PARAGRAPH] * 4)
    text = f"Harbour road to close for a year\n\n{paragraph}Play Live Radio"
    assert kinds(text)[1:] == [("body", paragraph), ("furniture", "Play Live Radio")]


def test_wrapped_lines_are_one_paragraph():
    wrapped = (
        "The council met on Tuesday evening and voted, after five\n"
        "hours, to close the harbour road for a year. Mayor Ada\n"
        "Lind said that the road would open again in spring, and\n"
        "that nobody would be left without a bus."
    )
    text = f"Harbour road to close for a year\n\n{wrapped}\n\n{wrapped}"
    assert kinds(text) == [
        ("headline", "Harbour road to close for a year"),
        ("body", wrapped),
        ("body", wrapped),
    ]


def test_the_given_title_finds_the_headline():
    text = f"News of the day from Leith\n\nRoad  to close\n\n{PARAGRAPH}"
    assert kinds(text, title="Road to close")[:2] == [
        ("furniture", "News of the day from Leith"),
        ("headline", "Road  to close"),
    ]


def test_the_given_title_is_no_speaker():
    text = f"Ann: the year in songs\n\n{PARAGRAPH}\n\nBEN: Hello.\n\nANN: Hello.\n\nBEN: Bye."
    assert kinds(text, title="Ann: the year in songs")[0] == ("headline", "Ann: the year in songs")
    assert names(text) == ["BEN", "ANN", "BEN"]


def test_a_title_that_is_not_in_the_text_changes_nothing():
    text, expected = pages(*PAGES["a plain article"])
    assert kinds(text, title="Another title") == expected


@pytest.mark.parametrize("text", ["", " \n\u00a0\r\n\t"])
def test_white_space_has_no_blocks(text):
    assert segment_blocks(text) == []


LINES = [line for rows in [*PAGES.values(), *(rows for rows, _ in TRANSCRIPTS.values())] for _, line in rows]
SPACES = st.text(st.sampled_from(" \n\r\t\u00a0\u2028\u3000"), max_size=4)
MARKS = st.text(st.sampled_from("AQa:.?()[]\n “”é\u0301😀/"))
MIXED = st.lists(st.one_of(st.sampled_from(LINES), SPACES, MARKS, st.text(max_size=12))).map("".join)


@given(MIXED, st.sampled_from(["", *LINES]))
def test_blocks_are_sorted_and_disjoint_and_cover_all_but_white_space(text, title):
    blocks = segment_blocks(text, title=title)
    covered = set()
    end = 0
    for block in blocks:
        assert end <= block.start < block.end <= len(text)
        surface = text[block.start : block.end]
        assert surface == surface.strip()
        if block.name_start is not None:
            assert block.kind is BlockKind.SPEAKER_TURN
            assert block.start <= block.name_start < block.name_end <= block.end
            assert text[block.name_start : block.name_end].strip()
        covered.update(range(block.start, block.end))
        end = block.end
    assert all(text[place].isspace() for place in set(range(len(text))) - covered)


def seed(number):
    found = sorted(SEEDS.glob(f"{number}_*.txt"))
    if not found:
        pytest.skip("the seed pages are not beside the repository")
    return found[0].read_bytes().decode()


def kind_of(text, words):
    """Return the kind of the one block that starts with the words."""
    (kind,) = [kind for kind, surface in kinds(text) if surface.startswith(words)]
    return kind


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("1. Skip", "furniture"),
        ("2. Skip", "furniture"),
        ("3. Skip", "furniture"),
        ("Taliban pleads", "headline"),
        ("October 20", "dateline"),
        ("Taliban representatives in", "caption"),
        ("Despite the", "caption"),
        ("Image: ", "credit"),
        ("Russia\u00a0hosted", "body"),
        ("Fears of", "subhead"),
        ("What do Afghans", "subhead"),
        ("Taliban leader praises", "subhead"),
        ("Moscow won't", "subhead"),
        ("Meanwhile,", "body"),
        ("The statement also", "body"),
        ("lc,es/sms", "furniture"),
        ("DW Brussels", "furniture"),
    ],
)
def test_the_first_seed_page_is_read_right(words, kind):
    assert kind_of(seed("000"), words) == kind


def test_the_first_seed_page_has_its_standfirst_and_no_turns():
    read = [kind for kind, _ in kinds(seed("000"))]
    assert read[5] == "standfirst"
    assert "speaker_turn" not in read
    assert read.count("headline") == 1


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Play Live", "furniture"),
        ("Next Up", "furniture"),
        ("0:00", "furniture"),
        ("Available On", "furniture"),
        ("Russia hosts", "headline"),
        ("Taliban representatives are", "body"),
        ("(SOUNDBITE", "furniture"),
        ("Scott Detrow", "furniture"),
        ("KUER is", "furniture"),
    ],
)
def test_the_second_seed_page_is_read_right(words, kind):
    assert kind_of(seed("004"), words) == kind


def test_the_second_seed_page_knows_every_speaker():
    text = seed("004")
    assert names(text) == [
        *("DETROW", "MAYNES", "ZAMIR KABULOV", "MAYNES", "DETROW", "MAYNES", "DETROW", "MAYNES"),
        *("DETROW", "MAYNES", "DETROW", "MAYNES"),
    ]
    assert sum(kind == "speaker_turn" for kind, _ in kinds(text)) == 12
