"""The draft: what the figures say, in sentences that people then make their own."""

from datetime import date

from app.bulletins.schemas import BulletinFigures, FigureOut
from app.closures.models import Degree
from app.kernel import clock
from app.kernel.language import pick

_CLOSED = {
    Degree.CLOSED: ("封闭管理", "closed"),
    Degree.CLOSED_TO_SOCIETY: ("不对社会开放", "closed to the public"),
    Degree.NO_GATHERING: ("暂停聚集性活动", "without gatherings"),
}


def title() -> str:
    """What a bulletin is called unless somebody calls it otherwise."""
    return pick("疫情防控工作动态", "Epidemic prevention bulletin")


def text(day: date, found: BulletinFigures) -> str:
    """The paragraphs of a draft."""
    parts = [_checkins(day, found), _signs(found), _reports(found), _closures(found)]
    headings = [
        pick("一、健康打卡", "1. Check-ins"),
        pick("二、健康监测", "2. Health"),
        pick("三、日报报送", "3. Daily reports"),
        pick("四、校园管控", "4. Closures"),
    ]
    return "\n".join(f"{heading}\n{part}" for heading, part in zip(headings, parts, strict=True))


def _checkins(day: date, found: BulletinFigures) -> str:
    as_of = found.as_of.astimezone(clock.SHANGHAI)
    percent = "—" if found.percent is None else f"{found.percent:.1f}%"
    due, reported, missing = (found.whole[name].count for name in ("due", "reported", "missing"))
    return pick(
        f"截至 {as_of:%Y-%m-%d %H:%M}, {day.month} 月 {day.day} 日应报 {due} 人, 已报 {reported} 人"
        f"{_change(found.whole['reported'])}, 完成率 {percent}; 未报 {missing} 人。",
        f"By {as_of:%Y-%m-%d %H:%M}, {reported} of {due} had checked in for {day}{_change(found.whole['reported'])} "
        f"({percent}); {missing} had not.",
    )


def _signs(found: BulletinFigures) -> str:
    named = {
        "fever": pick("发热", "fever"),
        "symptoms": pick("有症状", "symptoms"),
        "attention": pick("需关注", "needing attention"),
        "turned_away": pick("校门劝返", "turned away at gates"),
    }
    said = [_sign(word, found.whole[name]) for name, word in named.items()]
    return pick("、".join(said) + "。", ", ".join(said) + ".")


def _sign(word: str, figure: FigureOut) -> str:
    if figure.count is None:
        return pick(f"{word}极少 (不列人数)", f"{word}: too few to be shown")
    return pick(f"{word} {figure.count} 人", f"{word}: {figure.count}") + _change(figure)


def _reports(found: BulletinFigures) -> str:
    one = found.reports
    return pick(
        f"应报日报学校 {one.owed} 所, 已报 {one.sent} 所, 其中按时 {one.on_time} 所、零报告 {one.zero} 所; "
        f"未报 {one.missing} 所。",
        f"{one.sent} of {one.owed} schools have sent their report, {one.on_time} in time, {one.zero} of them zero "
        f"reports; {one.missing} have not.",
    )


def _closures(found: BulletinFigures) -> str:
    said = [
        pick(f"{zh} {found.closures[degree]} 所", f"{found.closures[degree]} {en}")
        for degree, (zh, en) in _CLOSED.items()
        if found.closures[degree]
    ]
    if not said:
        return pick("无学校处于封闭管理。", "No school is closed.")
    return pick("学校" + "、".join(said) + "。", f"Schools: {', '.join(said)}.")


def _change(figure: FigureOut) -> str:
    if figure.change is None:
        return ""
    if figure.change == 0:
        return pick(" (与前一日持平)", " (as the day before)")
    more = figure.change > 0
    zh = f" (较前一日{'增加' if more else '减少'} {abs(figure.change)})"
    return pick(zh, f" ({figure.change:+d} against the day before)")
