"""Every error of a sheet has a sentence in both languages."""

import re
from pathlib import Path

import pytest

from app.kernel import sheet_texts
from app.kernel.language import Language, use
from app.kernel.sheets import SheetError

KERNEL = Path(sheet_texts.__file__).parent
CODES = sorted({code for path in KERNEL.glob("sheet*.py") for code in re.findall(r'"(sheet\.\w+)"', path.read_text())})
PARAMS = {
    "limit": 5,
    "row": 3,
    "columns": "C",
    "column": "name",
    "zh": "名称",
    "en": "name",
    "choices_zh": "是",
    "choices_en": "yes",
}


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_a_sentence(code: str) -> None:
    error = SheetError(code, **PARAMS)
    try:
        use(Language.ZH)
        assert re.search(r"[\u4e00-\u9fff]", sheet_texts.sentence(error))
        use(Language.EN)
        assert not re.search(r"[\u4e00-\u9fff{}]", sheet_texts.sentence(error))
    finally:
        use(Language.ZH)


def test_a_refused_file_says_why() -> None:
    problem = sheet_texts.refusal(SheetError("sheet.too_large", limit=16))
    assert problem.document()["errors"] == [
        {"pointer": "/file", "code": "sheet.too_large", "detail": "文件过大, 上限为 16 MB。"}
    ]
