"""Venues of every school, and an order of each level."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.access.service import SYSTEM
from app.cli.demo import sheets
from app.closures import service as closures
from app.closures.models import Degree, VenueKind
from app.closures.service import AmendmentIn, ClosureOrderIn, LiftingIn, VenueIn
from app.institutions import service as institutions
from app.kernel import clock, db
from app.kernel.paging import PageQuery

_VENUES = (
    (VenueKind.CAMPUS, "本部"),
    (VenueKind.GATE, "南门"),
    (VenueKind.GATE, "北门"),
    (VenueKind.TEACHING_BUILDING, "教学楼"),
    (VenueKind.LIBRARY, "图书馆"),
    (VenueKind.GYMNASIUM, "体育馆"),
    (VenueKind.CANTEEN, "食堂"),
)


def lay_out(session: Session, institution_id: int) -> None:
    """Give a school its campus and venues, unless it has them."""
    if closures.venue_states(session, institution_id, since=clock.now()):
        return
    campus = None
    for kind, name in _VENUES:
        made = closures.create_venue(session, SYSTEM, institution_id, VenueIn(kind=kind, name=name, campus_id=campus))
        campus = campus or made.id


def order(school_code: str) -> None:
    """Have every level give an order, unless they have: one holds, one is lifted, one eased, one planned."""
    with db.transaction() as session:
        places = [_place(session, code) for code in (sheets.PROVINCE, sheets.CITY, sheets.COUNTY, school_code)]
        province, city, county, school = places
        if closures.list_orders(session, SYSTEM, province, PageQuery(limit=1, cursor=None), below=True).items:
            return
        _give(session, province, "苏教防〔2020〕3号", Degree.NO_GATHERING, "暂停一切聚集性活动。", days=12)
        over = _give(session, city, "宁教防〔2020〕5号", Degree.CLOSED, "全市校园封闭。", days=10)
        closures.lift_closure(session, SYSTEM, city, over, LiftingIn(reason="风险等级下调"), if_match=None)
        eased = _give(session, county, "玄教防〔2020〕7号", Degree.CLOSED, "全区校园封闭。", days=8)
        milder = AmendmentIn(
            text="校外人员一律不得进入。",
            degree=Degree.CLOSED_TO_SOCIETY,
            since=clock.now() - timedelta(days=3),
            reason="形势好转, 调整管控等级",
        )
        closures.amend_closure(session, SYSTEM, county, eased, milder, if_match=None)
        _give(session, school, "校防〔2020〕1号", Degree.CLOSED, "图书馆关闭消杀。", days=-2, kinds=[VenueKind.LIBRARY])


def _place(session: Session, code: str) -> int:
    institution_id = institutions.scope_to_code(session, code)
    if institution_id is None:
        raise RuntimeError(f"the demo's institution {code} is missing")
    return institution_id


def _give(
    session: Session,
    place: int,
    number: str,
    degree: Degree,
    text: str,
    *,
    days: int,
    kinds: list[VenueKind] | None = None,
) -> int:
    """An order that began so many days ago (less than none: that is planned); its id."""
    since = clock.now() - timedelta(days=days)
    body = ClosureOrderIn.model_validate(
        {"number": number, "text": text, "degree": degree, "venue_kinds": kinds, "since": since}
    )
    return closures.order_closure(session, SYSTEM, place, body).id
