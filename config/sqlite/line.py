"""Where those who would write wait for one another, in all processes of one machine.

SQLite itself has no line: whoever finds another writing sleeps, looks again after a while and is overtaken by
those who come in between, until its patience ends. Here the kernel keeps the line, and takes a process out of
it that dies.
"""

import fcntl
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from threading import Thread


class Line:
    """The line of one database: two empty files beside it that are locked and never written.

    One holds the turn. The first in line stands at the door, behind which only the turn is left to wait for;
    so whoever ends a turn and would have another at once finds somebody there, and waits like everybody.
    """

    def __init__(self, database: str) -> None:
        self.door, self.turn = Path(f"{database}-line"), Path(f"{database}-turn")

    def enter(self, seconds: float) -> FileIO:
        """Wait for the turn and return it, for `leave`. TimeoutError after so many seconds."""
        turn = self._at_once()
        if turn is not None:
            return turn
        # Nothing interrupts who waits for a lock of the kernel, so a thread does it that may come too late.
        waiting: Future[FileIO] = Future()
        Thread(target=self._wait, args=(waiting,), daemon=True, name="waits to write").start()
        try:
            return waiting.result(seconds)
        except BaseException:
            waiting.add_done_callback(_leave_late)
            raise

    def _at_once(self) -> FileIO | None:
        try:
            with _held(self.door, fcntl.LOCK_NB):
                return _lock(self.turn, fcntl.LOCK_NB)
        except BlockingIOError:
            return None

    def _wait(self, waiting: Future[FileIO]) -> None:
        try:
            with _held(self.door):
                turn = _lock(self.turn)
        except OSError as error:
            waiting.set_exception(error)
        else:
            waiting.set_result(turn)


def leave(turn: FileIO) -> None:
    """End a turn. Unlocked and not only closed: a process that was forked meanwhile has the file open too."""
    fcntl.flock(turn, fcntl.LOCK_UN)
    turn.close()


def _leave_late(waiting: Future[FileIO]) -> None:
    if waiting.exception() is None:
        leave(waiting.result())


@contextmanager
def _held(path: Path, how: int = 0) -> Iterator[None]:
    held = _lock(path, how)
    try:
        yield
    finally:
        leave(held)


def _lock(path: Path, how: int = 0) -> FileIO:
    file = FileIO(path, "a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | how)
    except BaseException:
        file.close()
        raise
    return file
