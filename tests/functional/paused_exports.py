"""For a worker's `--include`: exports that stop in the middle for as long as a file is there."""

import time

from annotations.models import Export
from annotations.services import exports, selection
from annotations.services.ledger import Hold
from tests.functional.steps import MIDDLE, PAUSE


def tell_and_pause(hold: Hold[Export], done: int, total: int) -> None:
    tell(hold, done, total)
    while done == MIDDLE and PAUSE.exists():
        time.sleep(0.02)


tell = Hold.tell
Hold.tell = tell_and_pause  # type: ignore[method-assign, assignment]
selection.PAGE = 1
exports.TELL_EVERY = 0
