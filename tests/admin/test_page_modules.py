"""What the pages do without a browser: where boundaries go, and which key means what."""

import pytest

from tests.node import run_module_tests


@pytest.mark.parametrize("name", ["boundaries", "keys", "correcting"])
def test_the_module_passes_its_own_tests(name):
    run_module_tests(name)
