"""What the database itself refuses: changing an event, a text, or what somebody said of it.

Services could hold all of this alone, until the first person with a database shell. Used by migrations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Rows of `table` cannot change in `frozen` columns, nor in others unless `allowed` holds.

    With `keeps_rows` they cannot go either. What SQLite is told to do OR REPLACE takes away the rows that it
    conflicts with and asks no trigger of DELETE; so there whatever conflicts with a row, by its id or by the
    columns `unique`, is refused by triggers of its own.
    """

    table: str
    frozen: Sequence[str]
    message: str
    allowed: str = ""
    keeps_rows: bool = False
    unique: Sequence[str] = ()

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
        elif self.keeps_rows:
            statements += self._no_replacing()
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
            acts += ["DELETE"]
            acts += ["TRUNCATE"] if vendor == "postgresql" else ["REPLACE", "DISPLACE"]
        return {self._name(act) for act in acts}

    def _name(self, act: str) -> str:
        return f"{self.table}_no_{act.lower()}"

    def _function(self) -> str:
        return (
            f'CREATE OR REPLACE FUNCTION "{self.table}_guard"() RETURNS trigger LANGUAGE plpgsql AS '
            f"$$ BEGIN RAISE EXCEPTION '{self.message}' "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )

    def _no_replacing(self) -> list[str]:
        """Return the statements for SQLite that keep a row from being replaced by another."""
        same = " AND ".join(f'"{name}" = NEW."{name}"' for name in self.unique)
        by_key = f'EXISTS (SELECT 1 FROM "{self.table}" WHERE {same})'  # noqa: S608 - own names alone
        by_id = f'EXISTS (SELECT 1 FROM "{self.table}" WHERE "id" = NEW."id")'  # noqa: S608 - the same
        key = ", ".join(f'"{name}"' for name in self.unique)
        return [
            self._trigger("sqlite", "REPLACE", f"FOR EACH ROW WHEN ({by_id} OR {by_key})", on="INSERT"),
            self._trigger("sqlite", "DISPLACE", f"FOR EACH ROW WHEN ({by_key})", on=f"UPDATE OF {key}"),
        ]

    def _trigger(self, vendor: str, name: str, when: str, *, on: str = "") -> str:
        head = f'CREATE TRIGGER "{self._name(name)}" BEFORE {on or name} ON "{self.table}" {when}'
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
