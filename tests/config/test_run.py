"""`./run` says what it can do, and what is missing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the script alone: whatever it makes is made there."""
    shutil.copy(ROOT / "run", tmp_path / "run")
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def run(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", directory / "run", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def python_that_says(directory: Path, verdict: str) -> str:
    program = directory / "python"
    program.write_text(f"#!/bin/sh\necho '{verdict}'\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize("arguments", [[], ["help"], ["--help"]])
def test_it_says_what_it_can_do(arguments):
    result = run(ROOT, *arguments)
    assert result.returncode == 0
    for command in ("demo", "test", "check", "manage"):
        assert f"  {command}" in result.stdout


def test_an_unknown_command_is_refused_by_its_name():
    result = run(ROOT, "dmeo")
    assert result.returncode == 1
    assert "There is no command 'dmeo'." in result.stderr


@pytest.mark.parametrize("verdict", ["Python 3.10 is too old", "Python 3.11 has no venv module"])
def test_a_python_that_will_not_do_is_named_with_the_mend(clone, verdict):
    result = run(clone, "manage", PYTHON=python_that_says(clone, verdict))
    assert result.returncode == 1
    assert verdict in result.stderr
    assert "apt install python3 python3-venv" in result.stderr
    assert not (clone / ".venv").exists()


def test_a_python_that_is_not_there_is_named(clone):
    result = run(clone, "manage", PYTHON="/nowhere/python3")
    assert result.returncode == 1
    assert "/nowhere/python3" in result.stderr


def test_the_script_is_plain_sh():
    if not shutil.which("dash"):
        pytest.skip("there is no dash on this machine")
    assert subprocess.run(["dash", "-n", ROOT / "run"], check=False).returncode == 0


def test_it_may_be_run():
    assert os.access(ROOT / "run", os.X_OK)
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
