"""Runs a benchmark as a person does, in a process and a home of its own."""

import json
import os
import subprocess
import sys
from typing import Any

from django.conf import settings

from bench.__main__ import OUTSIDE


def figures_of(name: str, database: str, *options: str) -> dict[str, Any]:
    """Return the figures of a benchmark, which are its last line; its own verdict is left to the test."""
    run = subprocess.run(
        [sys.executable, "-m", "bench", name, f"--database={database}", *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=settings.BASE_DIR,
        env={name: value for name, value in os.environ.items() if name not in OUTSIDE},
        timeout=800,
    )
    assert run.returncode in {0, 1}, run.stderr
    figures: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return figures
