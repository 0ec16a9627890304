"""What endpoints and the floors above ask of bulletins."""

from app.bulletins.schemas import BulletinChange, BulletinFigures, BulletinIn, IssueOut, ReasonIn
from app.bulletins.service.figures import SHOWN
from app.bulletins.service.issuing import digest, issue_bulletin, withdraw_issue
from app.bulletins.service.reading import list_issues, read_issue
from app.bulletins.service.writing import (
    approve_bulletin,
    change_bulletin,
    discard_bulletin,
    draft_bulletin,
    list_bulletins,
    list_edits,
    read_bulletin,
    return_bulletin,
    submit_bulletin,
)

__all__ = [
    "SHOWN",
    "BulletinChange",
    "BulletinFigures",
    "BulletinIn",
    "IssueOut",
    "ReasonIn",
    "approve_bulletin",
    "change_bulletin",
    "digest",
    "discard_bulletin",
    "draft_bulletin",
    "issue_bulletin",
    "list_bulletins",
    "list_edits",
    "list_issues",
    "read_bulletin",
    "read_issue",
    "return_bulletin",
    "submit_bulletin",
    "withdraw_issue",
]
