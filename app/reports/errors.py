"""Why a form cannot be set, or a report not completed, sent, returned or judged."""

from app.kernel.errors import CONSTRAINTS, Conflict, Problem


class QuestionTaken(Problem):
    """A level above asks a question of this code already, in other words: one code is one question."""

    status = 409
    code = "question_taken"
    zh = "上级表单已有代码为 {question} 的不同问题; 请改用其他代码, 或照用上级的问题。"
    en = "A form of a level above has another question with the code {question}; use another code, or that question."


class NotASigner(Problem):
    """The policy names who signs a school's report; the actor holds none of these roles there. Names them."""

    status = 403
    code = "not_a_signer"
    zh = "按规定, 本校日报由{roles}签报。"
    en = "By policy the report of this school is signed by: {roles}."


class ReportNotOpen(Problem):
    """The day has not begun, or lies too far back for a report to be made up."""

    status = 409
    code = "report_not_open"
    zh = "只能填报当天及之前 {days} 天内的日报。"
    en = "Reports can be made for today and the {days} days before."


class NotAbove(Problem):
    """A report is returned, and a failure judged, by a level above; nobody judges the own institution."""

    status = 403
    code = "not_above"
    zh = "只能由上级机构处理, 不能处理本机构的日报。"
    en = "This is for a level above; nobody decides on the own institution."


class FigureNotKnown(Problem):
    """There is no figure of that name."""

    status = 422
    code = "figure_not_known"
    zh = "没有指标 {figure}; 可用的指标见 /metrics。"
    en = "There is no figure {figure}; GET /metrics lists them."


class FileNotAccepted(Problem):
    """A document is of a kind that is not taken, or is not what its name says."""

    status = 422
    code = "file_not_accepted"
    zh = "只接收以下类型且内容相符的文件: {kinds}。"
    en = "Files of these kinds are taken, if their content is of that kind: {kinds}."


class PeriodNotPossible(Problem):
    """A period ends before it begins, or is too long."""

    status = 422
    code = "period_not_possible"
    zh = "时间范围须从前到后, 且不超过 {days} 天。"
    en = "The period must run forward and cover at most {days} days."


CONSTRAINTS.register("uq_report_revision_number", Conflict)
CONSTRAINTS.register("uq_report_seal_chain", Conflict)
CONSTRAINTS.register("uq_report_form_number", Conflict)
