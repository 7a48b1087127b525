"""Settings of the test suite, which starts its own servers (tests/databases.py)."""

import os

if test_home := os.environ.get("ATTEST_TEST_HOME"):
    # Each worker of pytest-xdist has a home, and so a broker, of its own.
    os.environ["ATTEST_HOME"] = f"{test_home}/{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"

from config.settings import *  # noqa: F403
from config.settings import (
    ATTEST_HOME,
    CELERY_BROKER_TRANSPORT_OPTIONS,
    DATABASES,
    MIDDLEWARE,
    SQLITE_OPTIONS,
)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# One broker may serve several runs.
CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"{ATTEST_HOME.parent.name}-{ATTEST_HOME.name}-"
if DATABASES["default"]["ENGINE"] == "config.sqlite":
    # A file, so that the processes that a test starts see the same database.
    DATABASES["default"]["TEST"] = {"NAME": str(ATTEST_HOME / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS | {
        "init_command": SQLITE_OPTIONS["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    }
if os.environ.get("ATTEST_SLOW_PAGES"):
    MIDDLEWARE.insert(0, "tests.browser.slow.slow_pages")
