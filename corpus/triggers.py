"""What the database itself refuses: changing an event, a text, or what somebody said of it.

Services could hold all of this alone, until the first person with a database shell. Used by migrations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Rows of `table` cannot change in `frozen` columns, nor in others unless `allowed` holds."""

    table: str
    frozen: Sequence[str]
    message: str
    allowed: str = ""
    keeps_rows: bool = False

    def create(self, vendor: str) -> list[str]:
        """Return the statements that install this guard; `vendor` is sqlite or postgresql."""
        same = "IS NOT DISTINCT FROM" if vendor == "postgresql" else "IS"
        unchanged = " AND ".join(f'OLD."{name}" {same} NEW."{name}"' for name in self.frozen)
        condition = f"NOT ({unchanged}{f' AND ({self.allowed})' if self.allowed else ''})"
        statements = [self._trigger(vendor, "UPDATE", f"FOR EACH ROW WHEN ({condition})")]
        if self.keeps_rows:
            statements.append(self._trigger(vendor, "DELETE", "FOR EACH ROW"))
        if vendor == "postgresql":
            statements.insert(0, self._function())
            if self.keeps_rows:
                statements.append(self._trigger(vendor, "TRUNCATE", "FOR EACH STATEMENT"))
        return statements

    def drop(self, vendor: str) -> list[str]:
        """Return the statements that take this guard away; nothing happens where it is missing."""
        names = sorted(self.names(vendor))
        if vendor == "postgresql":
            triggers = [f'DROP TRIGGER IF EXISTS "{name}" ON "{self.table}"' for name in names]
            return [*triggers, f'DROP FUNCTION IF EXISTS "{self.table}_guard"()']
        return [f'DROP TRIGGER IF EXISTS "{name}"' for name in names]

    def names(self, vendor: str) -> set[str]:
        """Return the names of its triggers."""
        acts = ["UPDATE"]
        if self.keeps_rows:
            acts += ["DELETE", "TRUNCATE"] if vendor == "postgresql" else ["DELETE"]
        return {self._name(act) for act in acts}

    def _name(self, act: str) -> str:
        return f"{self.table}_no_{act.lower()}"

    def _function(self) -> str:
        return (
            f'CREATE OR REPLACE FUNCTION "{self.table}_guard"() RETURNS trigger LANGUAGE plpgsql AS '
            f"$$ BEGIN RAISE EXCEPTION '{self.message}' "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )

    def _trigger(self, vendor: str, act: str, when: str) -> str:
        head = f'CREATE TRIGGER "{self._name(act)}" BEFORE {act} ON "{self.table}" {when}'
        if vendor == "postgresql":
            return f'{head} EXECUTE FUNCTION "{self.table}_guard"()'
        return f"{head} BEGIN SELECT RAISE(ABORT, '{self.message}'); END"


def install(guards: Sequence[Guard], connection: Any) -> None:
    with connection.cursor() as cursor:
        for guard in guards:
            for statement in guard.create(connection.vendor):
                cursor.execute(statement)


def remove(guards: Sequence[Guard], connection: Any) -> None:
    with connection.cursor() as cursor:
        for guard in guards:
            for statement in guard.drop(connection.vendor):
                cursor.execute(statement)
