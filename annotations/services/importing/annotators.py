"""Who says the layers of a record: the pipelines and people here, made where they are unknown."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from annotations.exchange.native import LAYER
from annotations.extraction import PIPELINES
from annotations.models import Pipeline
from annotations.services.jobs import configuration_hash
from corpus.models import Corpus, User
from corpus.services.errors import BadInput


class Annotators:
    """The pipelines and people of a chunk of records, each looked up once."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.pipelines: dict[tuple[str, str], Pipeline] = {}
        self.people: dict[str, User] = {}

    def of_layer(self, name: str, info: Mapping[str, Any]) -> tuple[str, UUID | None, int | None]:
        """Return the kind of a layer and who says it, made known here if need be."""
        kind = name.partition(":")[0]
        if kind == "machine":
            return kind, self._pipeline(name, info).pk, None
        if kind == "reviewer":
            return kind, None, self._person(name.partition(":")[2], info.get("annotator") or "").pk
        return kind, None, None

    def _pipeline(self, name: str, info: Mapping[str, Any]) -> Pipeline:
        configuration = info.get("configuration") or {}
        digest = configuration_hash(configuration)
        if (name, digest) not in self.pipelines:
            match = LAYER.match(name)
            if match is None:
                raise BadInput(f"{name!r} names no machine's layer.")
            # Whatever the record says of it: ours are those that our workers can run.
            external = match[1] not in PIPELINES
            identity = {"corpus": self.corpus, "name": match[1], "version": match[2]}
            known = Pipeline.objects.filter(
                **identity, configuration_hash__startswith=match[3] or digest
            ).first()
            if known is None:
                if not digest.startswith(match[3] or ""):
                    raise BadInput(f"The record does not state the configuration that {name!r} names.")
                free = not Pipeline.objects.filter(corpus=self.corpus, name=match[1], active=True).exists()
                known = Pipeline.objects.create(
                    **identity,
                    configuration=configuration,
                    configuration_hash=digest,
                    external=external,
                    active=external and free,
                )
            self.pipelines[name, digest] = known
        return self.pipelines[name, digest]

    def _person(self, public_id: str, called: str = "") -> User:
        """Return who that id is; a stranger becomes an account that nobody can sign in to."""
        if public_id not in self.people:
            identity = UUID(public_id)
            self.people[public_id], _ = User.objects.get_or_create(
                public_id=identity,
                defaults={
                    "username": f"imported-{identity.hex}",
                    "pseudonym": called or f"reviewer {identity.hex[-4:]}",
                    "is_active": False,
                    "password": "!",
                },
            )
        return self.people[public_id]

    def key_of(self, public_id: str) -> int:
        return self._person(public_id).pk
