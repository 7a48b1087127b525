#!/usr/bin/env python3
"""Verify an exported chain of events; needs Python 3.8 or newer and nothing else.

    python3 verify_chain.py EVENTS.jsonl [ANCHORS.jsonl ...]

EVENTS.jsonl is what `./run manage events --output EVENTS.jsonl` wrote. A line is {"hash":"...","event":...}.
The hash is the sha256, in hexadecimal, of the hash of the line before (64 zeros before the first) and of the
bytes of the event as they stand in the line. Positions run from 1 without a gap.

A chain by itself shows that it fits together. That it was not cut or written anew as a whole, only something
that was kept elsewhere can show: the anchors, whose lines are {"corpus", "position", "hash", "at"}.

Prints the first position that lies and ends with 1, or what was verified and 0.
"""

import hashlib
import json
import sys
from pathlib import Path

HEAD = b'{"hash":"'
MIDDLE = b'","event":'
GENESIS = "0" * 64


class Lie(Exception):
    """What does not hold, with the position at which it shows."""


def verified_hashes(path: str) -> "tuple[str | None, list[str]]":
    """Return the corpus of a chain and its hashes, the first at index 0."""
    corpus, hashes = None, []  # type: ignore[var-annotated]
    with Path(path).open("rb") as lines:
        for position, line in enumerate(lines, 1):
            claimed, event = parts_of(line, position)
            told = json.loads(event)
            if told["position"] != position:
                raise Lie(f"position {position} is missing: position {told['position']} stands in its place")
            if position == 1:
                corpus = told["corpus"]
            elif told["corpus"] != corpus:
                raise Lie(f"position {position} is of another corpus")
            previous = hashes[-1] if hashes else GENESIS
            if hashlib.sha256(previous.encode() + event).hexdigest() != claimed:
                raise Lie(f"position {position} does not fit what stands before it")
            hashes.append(claimed)
    return corpus, hashes


def parts_of(line: bytes, position: int) -> "tuple[str, bytes]":
    """Return the hash that a line claims, and its event."""
    place = len(HEAD) + 64
    if not line.startswith(HEAD) or line[place : place + len(MIDDLE)] != MIDDLE or line[-2:] != b"}\n":
        raise Lie(f"position {position} is no line of an exported chain")
    return line[len(HEAD) : place].decode("ascii", "replace"), line[place + len(MIDDLE) : -2]


def check_anchors(path: str, corpus: "str | None", hashes: "list[str]") -> int:
    """Hold a chain against the anchors of its corpus; return how many there are."""
    count = 0
    with Path(path).open("rb") as lines:
        for line in lines:
            anchor = json.loads(line)
            if anchor["corpus"] != corpus:
                continue
            count += 1
            position = anchor["position"]
            if position > len(hashes):
                raise Lie(f"position {len(hashes) + 1} is missing: {anchor['at']} the chain had {position}")
            if position < 1 or hashes[position - 1] != anchor["hash"]:
                raise Lie(f"position {position} was another at {anchor['at']}: the chain was written anew")
    return count


def main(arguments: "list[str]") -> int:
    if not arguments:
        sys.stderr.write(__doc__ or "")
        return 2
    try:
        corpus, hashes = verified_hashes(arguments[0])
        anchors = sum(check_anchors(path, corpus, hashes) for path in arguments[1:])
    except Lie as lie:
        sys.stdout.write(f"{lie}\n")
        return 1
    except (ValueError, KeyError, TypeError) as error:
        sys.stdout.write(f"a line cannot be read: {error!r}\n")
        return 1
    last = hashes[-1] if hashes else GENESIS
    sys.stdout.write(f"{len(hashes)} events and {anchors} anchors hold; the last hash is {last}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
