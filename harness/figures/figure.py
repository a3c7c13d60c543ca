"""What a figure is: a drawing together with every number in it, as a table, CSV and JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harness.records import Message, Param
from harness.wording.markup import Html
from harness.wording.text import formula_safe

Kind = Literal["forest", "pairs", "funnel", "impact-ratio"]
Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, made from measurements alone.

    Attributes:
        kind: Which drawing.
        key: Unique within a run: measure, data set, columns, class.
        title: Sentence case.
        captions: What a reader must know to read it, each a sentence.
        head: Names of the columns of the numbers, stable, for machines.
        rows: The numbers, unrounded; None where there is none.
        shown_head: The same table for readers: names of its columns.
        shown: Its cells as they are printed.
        svg: The drawing, complete in itself; empty for a figure that is a table.
        html: The same drawing for a page that carries ``FIGURE_CSS``.
    """

    kind: Kind
    key: str
    title: str
    captions: tuple[Message, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    shown_head: tuple[str, ...]
    shown: tuple[tuple[str, ...], ...]
    svg: str = ""
    html: Html = field(default_factory=Html)

    def csv(self) -> str:
        """Return the numbers as CSV; what a spreadsheet would run as a formula is marked as text."""
        import csv
        import io

        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.head)
        writer.writerows(
            ["" if v is None else formula_safe(v) if isinstance(v, str) else v for v in row]
            for row in self.rows
        )
        return out.getvalue()

    def json(self) -> str:
        """Return title, captions and numbers as one JSON document.

        Raises:
            ValueError: If a number is not finite.
        """
        import json

        document = {
            "kind": self.kind,
            "key": self.key,
            "title": self.title,
            "captions": [_message(one) for one in self.captions],
            "rows": [dict(zip(self.head, row, strict=True)) for row in self.rows],
        }
        return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _message(message: Message) -> dict[str, str | dict[str, Param]]:
    return {"id": message.id, "params": message.params, "text": message.text}
