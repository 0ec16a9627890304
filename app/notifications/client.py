"""Channels over which words leave the service.

A provider of text messages is one class with the method of `TextChannel`, entered into `CHANNELS` under the name that
``LIANFANG_TEXT_CHANNEL`` chooses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from app.kernel.crypto import mask_phone


@dataclass(frozen=True, slots=True)
class TextMessage:
    """What a channel is handed: providers want the template's name and its values, others the finished text."""

    phone: str = field(repr=False)
    template: str
    values: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)


class TextChannel(Protocol):
    """Sends text messages."""

    def send(self, message: TextMessage) -> None:
        """Hand the message over, within three seconds; raises OSError when it was not taken."""


class Console:
    """Prints the text instead of sending it: for a first look and for development."""

    def send(self, message: TextMessage) -> None:
        """Print to standard output, the phone masked."""
        print(f"[text message to {mask_phone(message.phone)}] {message.text}", flush=True)  # noqa: T201 - its purpose


CHANNELS: Mapping[str, TextChannel] = {"console": Console()}
