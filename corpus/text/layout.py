"""The rules that give each line of a page its kind, one function a kind."""

from collections.abc import Iterator, Sequence

from corpus.text.furniture import is_closing, is_furniture, is_menu_item, is_sound_note
from corpus.text.kinds import BlockKind
from corpus.text.lines import Line, ends_sentence
from corpus.text.opening import (
    has_run_in_dateline,
    is_bare_name,
    is_byline,
    is_dateline,
    is_title_like,
    is_wordy,
)
from corpus.text.pictures import LONGEST_CAPTION, has_caption_mark, is_credit
from corpus.text.turns import find_turns, is_transcript

_LONGEST_SUBHEAD = 90
_LONGEST_STANDFIRST = 400
#: How a question of the running text starts, and one that is quoted.
_SPOKEN = ("So ", "So, ", "Now ", "Now, ", "And ", "But ", "Or ", '"', "“", "„", "«", "'", "‘")
_INNER_STOPS = (". ", "? ", "! ")
_BULLETS = "•·▪-–—*"
_META = frozenset({BlockKind.DATELINE, BlockKind.BYLINE, BlockKind.CAPTION, BlockKind.CREDIT})
_ASIDE = frozenset({BlockKind.FURNITURE, BlockKind.CAPTION, BlockKind.CREDIT, BlockKind.SUBHEAD})


class Page:
    """The lines of one text and the kinds found so far; None is not known yet.

    A rule reads the lines and gives kinds to some of those that have none.
    """

    def __init__(self, lines: Sequence[Line], title: str) -> None:
        self.lines = lines
        self.kinds: list[BlockKind | None] = [None] * len(lines)
        self.names: dict[int, tuple[int, int]] = {}
        self.title = title
        #: Paragraphs are set apart by blank lines, so that lines without one belong together.
        self.spaced = 2 * sum(line.gap for line in lines) > len(lines)

    def unknown(self, start: int = 0) -> Iterator[tuple[int, str]]:
        """Yield number and text of each line without a kind, from the given one on."""
        for number in range(start, len(self.lines)):
            if self.kinds[number] is None:
                yield number, self.lines[number].text


def mark_furniture(page: Page) -> None:
    """Mark the lines whose own words show that they are furniture."""
    for number, text in page.unknown():
        if is_furniture(text) or is_sound_note(text):
            page.kinds[number] = BlockKind.FURNITURE


def mark_turns(page: Page) -> None:
    """Mark the lines that open with the name of a speaker."""
    page.names = find_turns({number: page.lines[number] for number, _ in page.unknown()})
    for number in page.names:
        page.kinds[number] = BlockKind.SPEAKER_TURN


def mark_pictures(page: Page) -> None:
    """Mark credits, and captions: marked lines, and those right above a credit or a caption."""
    for number, text in page.unknown():
        if is_credit(text):
            page.kinds[number] = BlockKind.CREDIT
        elif has_caption_mark(text):
            page.kinds[number] = BlockKind.CAPTION
    for number in range(len(page.lines) - 1, 0, -1):
        above = page.lines[number - 1]
        if (
            page.kinds[number] in {BlockKind.CREDIT, BlockKind.CAPTION}
            and page.kinds[number - 1] is None
            and not page.lines[number].gap
            and len(above.text) <= LONGEST_CAPTION
            and (page.spaced or above.end == page.lines[number].start or not ends_sentence(above.text))
        ):
            page.kinds[number - 1] = BlockKind.CAPTION


def mark_closing(page: Page) -> None:
    """Mark what follows the article: lines about it and its makers, then topics and links.

    From the last line upwards as long as the words of each line show it; and short lines without
    a stop below the last paragraph, once furniture has begun.
    """
    for number in range(len(page.lines) - 1, 0, -1):
        text = page.lines[number].text
        if page.kinds[number] is None and is_closing(text):
            page.kinds[number] = BlockKind.FURNITURE
        elif page.kinds[number] is None and (is_byline(text) or is_dateline(text)):
            page.kinds[number] = BlockKind.BYLINE if is_byline(text) else BlockKind.DATELINE
        elif page.kinds[number] is not BlockKind.FURNITURE:
            break
    _mark_links_below(page)


def _mark_links_below(page: Page) -> None:
    links: list[int] = []
    for number in range(len(page.lines) - 1, 0, -1):
        kind = page.kinds[number]
        if kind is None and _is_link(page.lines[number].text):
            links.append(number)
        elif kind is BlockKind.FURNITURE:
            for link in links:
                page.kinds[link] = BlockKind.FURNITURE
            links = []
        elif kind not in _META:
            return


def _is_link(text: str) -> bool:
    return len(text) <= _LONGEST_SUBHEAD and text[0] not in _BULLETS and not ends_sentence(text)


def mark_headline(page: Page) -> None:
    """Mark the line that equals the title, or the first that reads like one.

    Short lines above it, a menu or a label of the section, become furniture.
    """
    number = _titled(page) if page.title else None
    if number is None:
        number = _first_title_like(page)
    if number is None:
        return
    page.kinds[number] = BlockKind.HEADLINE
    page.names.pop(number, None)
    for above, text in page.unknown():
        if above > number:
            return
        if is_dateline(text):
            page.kinds[above] = BlockKind.DATELINE
        elif is_byline(text):
            page.kinds[above] = BlockKind.BYLINE
        elif not ends_sentence(text):
            page.kinds[above] = BlockKind.FURNITURE


def _titled(page: Page) -> int | None:
    wanted = " ".join(page.title.split()).casefold()
    for number, line in enumerate(page.lines[:60]):
        if " ".join(line.text.split()).casefold() == wanted:
            return number
    return None


def _first_title_like(page: Page) -> int | None:
    """Return the first wordy line among the opening ones that can be a title, or else the last.

    A wordy line above a menu, two lines of one word or more, is the name of the site.
    """
    found: int | None = None
    single_words = 0
    for number, text in page.unknown():
        if number == len(page.lines) - 1 or not is_title_like(text):
            break
        if page.names and number > min(page.names):
            break
        if is_menu_item(text) or is_dateline(text) or is_byline(text):
            continue
        wordy = is_wordy(text)
        if found is None or (wordy and (single_words > 1 or not is_wordy(page.lines[found].text))):
            found = number
        single_words = 0 if " " in text else single_words + 1
    return found


def mark_opening(page: Page) -> None:
    """Mark dates, authors and standfirst between the headline and the body."""
    start = 1 + (page.kinds.index(BlockKind.HEADLINE) if BlockKind.HEADLINE in page.kinds else -1)
    paragraphs: list[int] = []
    for number, text in page.unknown(start):
        if is_dateline(text):
            page.kinds[number] = BlockKind.DATELINE
        elif is_byline(text) or (start and not paragraphs and is_bare_name(text)):
            page.kinds[number] = BlockKind.BYLINE
        else:
            paragraphs.append(number)
            if len(paragraphs) == 2:
                break
    if start and len(paragraphs) == 2:
        first, second = paragraphs
        if _is_standfirst(page.lines[first].text, page.kinds[first + 1 : second]):
            page.kinds[first] = BlockKind.STANDFIRST


def _is_standfirst(text: str, kinds_below: Sequence[BlockKind | None]) -> bool:
    """Tell a standfirst: no full sentence, or date, author or picture stand between it and the body."""
    if len(text) > _LONGEST_STANDFIRST or has_run_in_dateline(text):
        return False
    return not ends_sentence(text) or any(kind in _META for kind in kinds_below)


def mark_subheads(page: Page) -> None:
    """Mark short lines without a stop that stand between paragraphs; three in a row are a list."""
    run: list[int] = []
    body_below = False
    for number in range(len(page.lines) - 1, -1, -1):
        kind = page.kinds[number]
        if kind is None and body_below and _is_subhead(page.lines[number].text):
            run.append(number)
            continue
        if kind not in _ASIDE:
            _settle(page, run)
            run = []
            body_below = kind in {None, BlockKind.SPEAKER_TURN}
    _settle(page, run)


def _settle(page: Page, run: Sequence[int]) -> None:
    if len(run) < 3:
        for number in run:
            page.kinds[number] = BlockKind.SUBHEAD


def _is_subhead(text: str) -> bool:
    """Tell a heading: short, begun like a sentence, and ended unlike one, but for a question."""
    if len(text) > _LONGEST_SUBHEAD or text[-1] in ",;:" or text[0] in _BULLETS or text[0].islower():
        return False
    if not ends_sentence(text):
        return any(map(str.isalpha, text))
    return (
        text[-1] in "?？؟" and not text.startswith(_SPOKEN) and not any(stop in text for stop in _INNER_STOPS)
    )


def mark_continuations(page: Page) -> None:
    """Mark what follows a turn of a transcript as the same speaker's, as turns without a name.

    Only a transcript has such: elsewhere the paragraph after a turn is the author's. A heading
    stays one where a speaker's name follows it; other short lines are words spoken.
    """
    if not is_transcript(page.names):
        return
    for number in range(min(page.names) + 1, len(page.lines)):
        kind = page.kinds[number]
        if kind is None or (kind is BlockKind.SUBHEAD and number + 1 not in page.names):
            page.kinds[number] = BlockKind.SPEAKER_TURN
