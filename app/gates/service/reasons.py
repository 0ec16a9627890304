"""What people are told of a finding: why, by which order, and what can be done. Codes stay for phones."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from app.closures.service import VenueState
from app.gates.schemas.events import ReasonOut
from app.gates.service.deciding import Arrival
from app.kernel.language import pick
from app.people import service as people


class _Text(NamedTuple):
    zh: str
    en: str
    lifted_by_zh: str
    lifted_by_en: str


_OFFICE: Final = ("请联系学校办公室", "Speak to the school's office.")
_ORDER: Final = ("{issuer}可调整或解除该封闭管理令", "{issuer} can amend or lift the order.")
# By the code of a finding; those of holds are declared with the holds.
TEXTS: Final = {
    "no_pass": _Text(
        "按 {number} 封闭管理, 须持有效通行证",
        "Closed by {number}: a pass is wanted.",
        "请先提交入校申请并获批准",
        "Ask for entry and have it approved.",
    ),
    "closed_without_exception": _Text(
        "按 {number} 封闭, 任何人不得进入", "Closed by {number}, without exception.", *_ORDER
    ),
    "closed_to_society": _Text("按 {number} 不对社会开放", "Closed to the public by {number}.", *_ORDER),
    "pass_revoked": _Text("通行证已撤销", "The pass was revoked.", *_OFFICE),
    "pass_not_valid_now": _Text(
        "不在通行证的有效时间内", "It is not the time of the pass.", "请在有效时间内前来", "Come within its hours."
    ),
    "venue_not_allowed": _Text("通行证不含此场馆", "The pass does not lead here.", *_OFFICE),
    "pass_used": _Text(
        "通行证已使用过", "The pass has been used.", "一次性通行证须重新申请", "Ask anew: it lets in once."
    ),
    "code_stale": _Text(
        "通行码已过时, 可能是截图",
        "The code is stale, perhaps a screenshot.",
        "请出示手机上实时的通行码",
        "Show it on the phone, as it is now.",
    ),
    "fever": _Text(
        "体温达到发热标准, 或近日有发热记录",
        "A fever, now or in the last days.",
        "请到临时观察区复测, 由校医处置",
        "Measure again in the waiting area; the school doctor decides.",
    ),
}


def told(findings: Iterable[str], arrival: Arrival | None) -> list[ReasonOut]:
    """Findings in the language of the request; of an event that had landed before, the order is not said again."""
    values = _order(arrival)
    return [_reason(code, values) for code in findings]


def _reason(code: str, values: dict[str, str]) -> ReasonOut:
    text = TEXTS.get(code) or people.HOLDS.get(code)
    if text is None:  # the feature that held this person back is gone; what it decided stays
        return ReasonOut(code=code, detail=code, lifted_by="")
    return ReasonOut(
        code=code,
        detail=pick(text.zh, text.en).format_map(values),
        lifted_by=pick(text.lifted_by_zh, text.lifted_by_en).format_map(values),
    )


def _order(arrival: Arrival | None) -> dict[str, str]:
    states: list[VenueState] = [] if arrival is None else [arrival.venue, arrival.campus]
    strictest = max(states, key=lambda one: (one.degree.rank, not one.exceptions), default=None)
    number, issuer = (strictest.number, strictest.issuer_name) if strictest else (None, None)
    return {"number": number or "—", "issuer": issuer or "—"}
