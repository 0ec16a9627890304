"""Text messages by Aliyun's SendSms (2017-05-25), signed by the third version of its signature (ACS3-HMAC-SHA256).

The parameters go as a form, so that no phone number stands in an address. The nonce of the signature is the letter's
reference: what was sent and is sent again is answered with ``SignatureNonceUsed``, and nobody gets it twice.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from app.kernel import clock, settings
from app.kernel.settings import Settings
from app.notifications.client.letters import Delayed, Letter, Refused, ask, shortened

_ALGORITHM: Final = "ACS3-HMAC-SHA256"
_LONGEST_VALUE: Final = 35
_SENT_BEFORE: Final = "SignatureNonceUsed"
_TOO_OFTEN: Final = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL"})
_PASSING: Final = frozenset({"isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "isv.OUT_OF_SERVICE", "isv.AMOUNT_NOT_ENOUGH"})
_OVERLOAD: Final = ("Throttling", "ServiceUnavailable", "InternalError")


class AliyunText:
    """Sends text messages; the templates' codes are as the operator has set them."""

    def send(self, letter: Letter) -> str:
        """Send. Limits, overloads and an empty account are waited for; whatever else is refused stays refused."""
        found = settings.current()
        template = found.aliyun_templates.get(letter.template.value)
        if template is None:
            raise Refused("no template")
        values = {name: shortened(value, _LONGEST_VALUE) for name, value in letter.values.items()}
        form = {
            "OutId": letter.reference,
            "PhoneNumbers": letter.to,
            "SignName": found.aliyun_sign_name,
            "TemplateCode": template,
            "TemplateParam": json.dumps(values, ensure_ascii=False, separators=(",", ":")),
        }
        headers = sign(found, form, nonce=letter.reference, at=clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"))
        answer = ask("POST", f"{found.aliyun_api}/", form=form, headers=headers)
        return _judged(str(answer.body.get("Code", f"status {answer.status}")))


def _judged(code: str) -> str:
    if code in ("OK", _SENT_BEFORE):
        return code
    if code in _TOO_OFTEN:
        raise Delayed(code, 3600 if code != "isv.BUSINESS_LIMIT_CONTROL" else 60)
    if code in _PASSING or code.startswith((*_OVERLOAD, "status 5")):
        raise Delayed(code)
    raise Refused(code)


def sign(found: Settings, form: Mapping[str, str], *, nonce: str, at: str) -> dict[str, str]:
    """The headers of a request, its signature among them; ``at`` is UTC in ISO form."""
    payload = hashlib.sha256(urlencode(form).encode()).hexdigest()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "host": urlsplit(found.aliyun_api).netloc,
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": payload,
        "x-acs-date": at,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": "2017-05-25",
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"POST\n/\n\n{lines}\n{names}\n{payload}"
    to_sign = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = found.aliyun_key_secret.get_secret_value().encode()
    signature = hmac.digest(key, to_sign.encode(), hashlib.sha256).hex()
    credential = f"Credential={quote(found.aliyun_key_id)},SignedHeaders={names},Signature={signature}"
    return headers | {"Authorization": f"{_ALGORITHM} {credential}"}
