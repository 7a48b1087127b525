"""Runs the tests of the pages' modules that need no browser."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

#: the first that takes an ES module from a .js file
OLDEST = (20, 19)


def node_or_skip() -> str:
    """Return where node is; the test is skipped where there is none, or one that is too old."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine: the modules of the pages were tried in the browser alone")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < OLDEST:
        pytest.skip(f"node {version.strip()} takes no ES module from a .js file; 20.19 does")
    return node


def run_module_tests(name: str) -> None:
    """Run `tests/browser/<name>.test.mjs`."""
    tests = Path(__file__).parent / "browser" / f"{name}.test.mjs"
    tried = subprocess.run(
        [node_or_skip(), "--test", str(tests)], capture_output=True, text=True, check=False
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr
