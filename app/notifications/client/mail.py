"""E-mail by SMTP. A letter that is sent again has the same Message-ID, by which most mailboxes make one of the two."""

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from app.kernel import settings
from app.kernel.settings import Settings
from app.notifications.client.letters import TIMEOUT_SECONDS, Delayed, Letter, Refused

_PERMANENT: Final = 500  # replies from 500 on are final (RFC 5321, 4.2.1)


class Mail:
    """Hands letters to the operator's mail server."""

    def send(self, letter: Letter) -> str:
        """Send; the reply code of the server."""
        found = settings.current()
        try:
            with _connected(found) as server:
                if found.smtp_user:
                    server.login(found.smtp_user, found.smtp_password.get_secret_value())
                server.send_message(composed(found, letter))
        except smtplib.SMTPRecipientsRefused as refusal:
            raise _problem(min(code for code, _ in refusal.recipients.values())) from None
        except smtplib.SMTPResponseException as refusal:
            raise _problem(refusal.smtp_code) from None
        except (smtplib.SMTPException, OSError) as failure:
            raise Delayed(type(failure).__name__) from None
        return "250"


def composed(found: Settings, letter: Letter) -> EmailMessage:
    """The letter as a mail: its title is the subject."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = f"【联防】{letter.title}"
    mail["From"] = found.smtp_sender
    mail["To"] = letter.to
    mail["Message-ID"] = f"<{letter.reference}@{found.smtp_sender.rpartition('@')[2].rstrip('>')}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text, charset="utf-8")
    mail["Content-Language"] = "zh-CN"  # what stands before the content is cleared with it
    return mail


def _connected(found: Settings) -> smtplib.SMTP:
    if found.smtp_security == "tls":
        return smtplib.SMTP_SSL(
            found.smtp_host, found.smtp_port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
        )
    server = smtplib.SMTP(found.smtp_host, found.smtp_port, timeout=TIMEOUT_SECONDS)
    if found.smtp_security == "starttls":
        server.starttls(context=ssl.create_default_context())
    return server


def _problem(code: int) -> Refused | Delayed:
    return Refused(str(code)) if code >= _PERMANENT else Delayed(str(code))
