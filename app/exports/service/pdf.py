"""A document as PDF, with the Chinese font embedded: it reads the same everywhere."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import typst

from app.exports.errors import ExportTooLarge
from app.exports.schemas import Document
from app.kernel import clock

PDF: Final = "application/pdf"
_MOST_CELLS: Final = 21_000
_TAGGED: Final = 500  # rows
_TEMPLATE: Final = Path(__file__).parents[1] / "data" / "table.typ"


def render(document: Document) -> bytes:
    """The pages. Raises `ExportTooLarge`.

    And `typst.TypstError`, which is a defect of ours: what a document says is never read as markup.
    """
    demand_few(len(document.rows), len(document.columns))
    made = typst.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        # Tags for those who have it read to them weigh twenty times what the text does.
        pdf_tags=len(document.rows) <= _TAGGED,
        font_paths=_fonts(),
        sys_inputs={"document": document.model_dump_json()},
        timestamp=clock.now().replace(microsecond=0),
    )
    if not isinstance(made, bytes):
        raise TypeError(type(made))
    return made


def demand_few(rows: int, columns: int) -> None:
    """Raise `ExportTooLarge` where setting a table takes more memory than a worker has: 20,000 cells take 250 MB."""
    if rows * columns > _MOST_CELLS:
        raise ExportTooLarge(rows=_MOST_CELLS // columns)


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """Those of the wheel and no others: what a machine has besides must not change a page."""
    spec = find_spec("pylopdf_fonts_zh_cn")
    if spec is None or spec.origin is None:
        raise RuntimeError("the fonts are missing: scripts/setup")
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(Path(spec.origin).parent)]
    )
