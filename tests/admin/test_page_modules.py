"""What the pages do without a browser: where boundaries go, which key means what, and the workbench."""

import pytest

from tests.node import run_module_tests


@pytest.mark.parametrize("name", ["boundaries", "keys", "correcting", "workbench"])
def test_the_module_passes_its_own_tests(name):
    run_module_tests(name)
