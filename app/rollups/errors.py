"""Refusals of figures."""

from app.kernel.errors import Problem


class MetricNotKnown(Problem):
    """There is no figure of that name to sort by."""

    status = 422
    code = "metric_not_known"
    zh = "没有这个指标; 可用的指标见 /metrics。"
    en = "There is no such figure; GET /metrics lists them."


class SpanNotPossible(Problem):
    """A trend ends before it begins, or is too long."""

    status = 422
    code = "span_not_possible"
    zh = "时间范围须从前到后, 且不超过 {days} 天。"
    en = "The span must run forward and cover at most {days} days."
