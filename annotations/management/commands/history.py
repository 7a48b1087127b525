from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser

from annotations.services.history import State, Step, history_body, line_history
from annotations.services.reading import layer_name
from corpus.management.base import AttestCommand
from corpus.services.actors import COMMAND


class Command(AttestCommand):
    help = (
        "Tell what happened to a span: who changed it, from what, when, why, under which guideline and "
        "pipeline version. Any annotation of its line leads to all of it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("annotation", type=UUID, help="the id of an annotation")

    def handle(self, *args: Any, **options: Any) -> None:
        history = line_history(COMMAND, options["annotation"])
        sentences = "\n".join(_sentence(step) for step in history.steps)
        self.report(history_body(history), sentences, as_json=options["json"])


def _sentence(step: Step) -> str:
    who = step.person or (layer_name(step.layer) if step.layer else "Attest")
    parts = [f"{step.at:%Y-%m-%d %H:%M:%S} {who}: {step.act}"]
    if step.before and step.after and step.before != step.after:
        parts.append(f"from {_state(step.before)} to {_state(step.after)}")
    elif step.after or step.before:
        parts.append(_state(step.after or step.before))
    parts += [f"{name} {value}" for name, value in step.details.items() if value not in (None, "", [])]
    parts += [f"{name} {value}" for name, value in _why(step).items() if value]
    return ", ".join(parts)


def _why(step: Step) -> dict[str, object]:
    return {
        "because": step.reason,
        "note": step.note,
        "pipeline": step.pipeline,
        "guideline": step.guideline,
        "via": step.event.via if step.event else "",
    }


def _state(state: State | None) -> str:
    if state is None:
        return "nothing"
    segments = ", ".join(f"{start}-{end}" for start, end in state.segments)
    return f"{state.label} {segments} {state.surface!r}"
