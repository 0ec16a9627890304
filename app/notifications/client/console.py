"""Text messages for a first look and for development."""

from app.kernel.crypto import mask_phone
from app.notifications.client.letters import Letter


class Console:
    """Prints a text message instead of sending it."""

    def send(self, letter: Letter) -> str:
        """Print to standard output, the phone masked."""
        print(f"[text message to {mask_phone(letter.to)}] {letter.text}", flush=True)  # noqa: T201 - its purpose
        return "printed"
