"""The card of a release, from its manifest and what has become of its articles since."""

from collections.abc import Sequence

from annotations.exchange.native import NATIVE
from annotations.models import Release
from annotations.releasing.card import (
    AgreementFigure,
    CardFigures,
    FileFigures,
    LicenceFigures,
    SourceFigures,
    SplitFigures,
    data_card,
)
from annotations.services.released import ReleaseFile, erased_of, frozen_files, splits_told


def card_of(release: Release, files: Sequence[ReleaseFile] | None = None) -> str:
    """Return the card, beside the files that were made or the native ones that were frozen."""
    told, lost = release.manifest, erased_of(release)
    # A frozen file that has lost an article is another by now: nobody can be given the one of its sha256.
    stands = files if files is not None else [one for one in frozen_files(release) if one.split not in lost]
    files = frozen_files(release) if files is None else files
    return data_card(
        CardFigures(
            name=release.name,
            corpus=told["corpus"],
            description=told["description"],
            layer=release.layer,
            made_at=release.made_at.isoformat(),
            seed=told["seed"] or "empty",
            event_position=told["event_position"],
            after=told["after"] or "",
            native=all(file.format == NATIVE for file in files),
            splits=[
                SplitFigures(
                    name=name.value,
                    file=next((file.path for file in files if file.split == name), ""),
                    articles=split["articles"],
                    stories=split["stories"],
                    annotations=split["labels"],
                    attributes=split["attributes"],
                    relations=split["relations"],
                )
                for name, split in splits_told(release)
            ],
            labels={label["name"]: label.get("description", "") for label in told["scheme"]["labels"]},
            guideline=told["guideline"] or None,
            people=told["people"],
            adjudicators=told["adjudicators"],
            passes={int(number): count for number, count in told["passes"].items()},
            passes_shown=told["passes_shown"],
            passes_unaided=told["passes_unaided"],
            pipelines=told["pipelines"],
            sources=[SourceFigures(**source) for source in told["sources"]],
            languages=told["languages"],
            agreement=[AgreementFigure(**figure) for figure in told["agreement"]],
            licences=[
                LicenceFigures(
                    licence=row["licence"],
                    with_text=row.get("with_text", 0),
                    without_text=row.get("without_text", 0),
                )
                for row in told["licences"]
            ],
            redacted=told["redacted"],
            redacted_stretches=told["redacted_stretches"],
            withheld=told["withheld"],
            erased=sum(lost.values()),
            left_out={f"other articles of the corpus, not in {release.layer} or filtered": told["left_out"]},
            files=[FileFigures(path=file.path, size=file.bytes, sha256=file.sha256) for file in stands],
        )
    )
