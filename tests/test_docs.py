"""What the documentation says is there is there, and what is there is in it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

ROOT: Path = settings.BASE_DIR
OWN = sorted(name for name, app in get_commands().items() if app in ("corpus", "annotations"))
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("bench/*.md"), *ROOT.glob("corpus/*/*.md")]
)


@pytest.mark.parametrize("command", OWN)
def test_every_command_has_help_and_stands_in_the_readme(command: str) -> None:
    app = get_commands()[command]
    assert load_command_class(str(app), command).help
    assert f"`{command}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_between_pages_is_broken(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_words_that_are_not_used_are_not_used() -> None:
    """DESIGN's list: other tools' words for our things stay out of names in our code."""
    banned = re.compile(r"\b(?:class|def) \w*(?:ground_truth|GroundTruth|[Cc]ompletion|[Pp]rediction)\w*")
    for app in ("config", "corpus", "annotations"):
        for path in (ROOT / app).rglob("*.py"):
            assert not banned.search(path.read_text(encoding="utf-8")), path
