"""How far several people agree on one text, and where they do not."""

from annotations.agreement.differences import Case, Unit, compare

__all__ = ["Case", "Unit", "compare"]
