"""Why an export is not made, or not handed out."""

from app.kernel.errors import Problem
from app.kernel.validation import FIELD_TEXTS


class ExportNotReady(Problem):
    """It is being made, or could not be."""

    status = 409
    code = "export_not_ready"
    zh = "该导出文件尚未生成完毕, 或生成失败。"
    en = "The file is not made yet, or could not be made."


class ExportTooLarge(Problem):
    """More rows than anybody reads."""

    status = 422
    code = "export_too_large"
    zh = "导出内容超过 {rows} 行, 请缩小范围, 或改用电子表格 (xlsx)。"
    en = "The export has more than {rows} rows; choose less, or a spreadsheet."


class NothingSent(Problem):
    """There is no report of that day that was sent."""

    status = 409
    code = "nothing_sent"
    zh = "该日的日报尚未报送。"
    en = "No report of that day was sent yet."


FIELD_TEXTS["which_issue"] = (
    "which_issue",
    "动态须指定期次 (issue_id); 其他导出不可指定。",
    "A bulletin is named by its issue; other exports are of none.",
)
FIELD_TEXTS["whom_to_record"] = (
    "whom_to_record",
    "体温记录须指定班级或人员之一; 其他导出不可指定人员。",
    "A temperature record is of either a class or a person; other exports are of no person.",
)
