"""Word pieces as BERT has them: from the words of a text to the numbers that an encoder reads.

Wu et al. (2016), "Google's Neural Machine Translation System"; the greedy longest match of Devlin et al.
(2019), "BERT", with its splitting at marks and, for uncased encoders, without accents.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

#: what is longer is one unknown piece, as in BERT
LONGEST_WORD = 100
START, END, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
#: words that are kept with their pieces
_KEPT = 50_000
_CJK = ((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FA1F))


class WordPieces:
    """Splits words into the pieces of a vocabulary."""

    def __init__(self, vocabulary: Sequence[str], *, lower: bool) -> None:
        self.vocabulary = tuple(vocabulary)
        self.lower = lower
        self._numbers: Mapping[str, int] = {piece: number for number, piece in enumerate(vocabulary)}
        absent = [piece for piece in (START, END, UNKNOWN) if piece not in self._numbers]
        if absent:
            raise ValueError(f"the vocabulary of the encoder lacks {', '.join(absent)}")
        self.start, self.end = self._numbers[START], self._numbers[END]
        self._unknown = self._numbers[UNKNOWN]
        self.of_word = lru_cache(maxsize=_KEPT)(self._of_word)

    def _of_word(self, word: str) -> tuple[int, ...]:
        """Return the numbers of the pieces of a word; never none."""
        pieces: list[int] = []
        for part in _parts(word, lower=self.lower):
            pieces += self._of_part(part)
        return tuple(pieces) or (self._unknown,)

    def _of_part(self, part: str) -> list[int]:
        if len(part) > LONGEST_WORD:
            return [self._unknown]
        pieces = []
        start = 0
        while start < len(part):
            prefix = "##" if start else ""
            for end in range(len(part), start, -1):
                number = self._numbers.get(prefix + part[start:end])
                if number is not None:
                    pieces.append(number)
                    start = end
                    break
            else:
                return [self._unknown]
        return pieces


def _parts(word: str, *, lower: bool) -> list[str]:
    """Return what stands between marks, and each mark."""
    if lower:
        word = "".join(
            char for char in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(char) != "Mn"
        )
    parts: list[str] = []
    joins = False
    for char in word:
        if char.isspace() or unicodedata.category(char) in ("Cc", "Cf"):
            joins = joins and not char.isspace()
        elif _stands_alone(char):
            parts.append(char)
            joins = False
        elif joins:
            parts[-1] += char
        else:
            parts.append(char)
            joins = True
    return parts


def _stands_alone(char: str) -> bool:
    code = ord(char)
    if code < 128:
        return not char.isalnum()
    return unicodedata.category(char).startswith("P") or any(low <= code <= high for low, high in _CJK)
