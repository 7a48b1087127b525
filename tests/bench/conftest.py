import uuid
from collections.abc import Iterator

import pytest
from django.db import connection

from tests.servers import process_environment


@pytest.fixture
def empty_database(transactional_db: None) -> Iterator[str]:
    """Give what `python -m bench` takes as its database: its own SQLite, or an empty one on our server."""
    if connection.vendor == "sqlite":
        yield "sqlite"
        return
    name = f"bench_{uuid.uuid4().hex[:12]}"
    url = process_environment()["DATABASE_URL"].replace(str(connection.settings_dict["NAME"]), name)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield url
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
