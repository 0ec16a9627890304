"""What has happened, as far as somebody is told of it. Each listener may run twice, and late."""

from sqlalchemy.orm import Session

from app.alerts import service
from app.alerts.events import ClosureToTell, RemindersDue
from app.bulletins.events import BulletinIssued, BulletinSubmitted
from app.checkins.events import FeverReported, SymptomReported
from app.closures.events import ClosureChanged
from app.entries.events import EntryAwaitsDecision, EntryDecided
from app.gates.events import FeverAtGate, Overstayed, PassRevoked
from app.kernel import clock
from app.kernel.events import listen
from app.notifications import service as notifications
from app.notifications.service import Template
from app.policies.events import PolicyChanged
from app.reports.events import (
    ReportDue,
    ReportFailureDecided,
    ReportFailureExplained,
    ReportFailureFound,
    ReportMissing,
    ReportReturned,
)


def _fever(session: Session, happened: FeverReported) -> None:
    service.tell_fever(session, happened.institution_id, happened.person_id, happened.day)


def _symptom(session: Session, happened: SymptomReported) -> None:
    service.tell_symptom(session, happened.institution_id, happened.person_id, happened.day)


def _fever_at_gate(session: Session, happened: FeverAtGate) -> None:
    service.tell_fever_at_gate(session, happened.institution_id, happened.event_id, happened.day)


def _step(session: Session, happened: EntryAwaitsDecision) -> None:
    service.tell_step(
        session, happened.institution_id, happened.step_id, happened.office_id, reminder=happened.reminder
    )


def _decision(session: Session, happened: EntryDecided) -> None:
    service.tell_decision(session, happened.institution_id, happened.request_id, happened.state)


def _revoked(session: Session, happened: PassRevoked) -> None:
    service.tell_pass_revoked(session, happened.institution_id, happened.pass_id)


def _overstayed(session: Session, happened: Overstayed) -> None:
    service.tell_overstay(session, happened.institution_id, happened.event_id)


def _closure(session: Session, happened: ClosureChanged) -> None:
    service.tell_closure(session, happened.institution_id, happened.order_id)


def _closure_of_school(session: Session, happened: ClosureToTell) -> None:
    service.tell_closure_to_school(session, happened.institution_id, happened.order_id, happened.version)


def _report_due(session: Session, happened: ReportDue) -> None:
    service.tell_report_due(session, happened.institution_id, happened.report_id)


def _report_missing(session: Session, happened: ReportMissing) -> None:
    service.tell_report_missing(session, happened.institution_id, happened.report_id)


def _report_returned(session: Session, happened: ReportReturned) -> None:
    service.tell_report_returned(session, happened.institution_id, happened.report_id)


def _failure(session: Session, happened: ReportFailureFound) -> None:
    service.tell_failure(session, happened.institution_id, happened.failure_id)


def _failure_explained(session: Session, happened: ReportFailureExplained) -> None:
    service.tell_failure_explained(session, happened.institution_id, happened.failure_id)


def _failure_decided(session: Session, happened: ReportFailureDecided) -> None:
    service.tell_failure_decided(session, happened.institution_id, happened.failure_id, happened.verdict)


def _bulletin_awaits(session: Session, happened: BulletinSubmitted) -> None:
    service.tell_bulletin_awaits(session, happened.institution_id, happened.bulletin_id)


def _bulletin_issued(session: Session, happened: BulletinIssued) -> None:
    service.tell_bulletin_issued(session, happened.institution_id, happened.issue_id)


def _remind(session: Session, happened: RemindersDue) -> None:
    service.remind(session, happened)


def _plan_anew(session: Session, happened: PolicyChanged) -> None:
    if happened.key in service.PLANNED_BY:
        service.plan_anew(session, happened.institution_id, clock.today())


listen(FeverReported, _fever)
listen(SymptomReported, _symptom)
listen(FeverAtGate, _fever_at_gate)
listen(EntryAwaitsDecision, _step)
listen(EntryDecided, _decision)
listen(PassRevoked, _revoked)
listen(Overstayed, _overstayed)
listen(ClosureChanged, _closure)
listen(ClosureToTell, _closure_of_school)
listen(ReportDue, _report_due)
listen(ReportMissing, _report_missing)
listen(ReportReturned, _report_returned)
listen(ReportFailureFound, _failure)
listen(ReportFailureExplained, _failure_explained)
listen(ReportFailureDecided, _failure_decided)
listen(BulletinSubmitted, _bulletin_awaits)
listen(BulletinIssued, _bulletin_issued)
listen(RemindersDue, _remind)
listen(PolicyChanged, _plan_anew)
notifications.register_check(Template.CHECKIN_OWED, service.still_owes)
notifications.register_check(Template.CHECKIN_ASKED_FOR, service.asked_and_still_owes)
