"""Every setting, declared once: its values, its default, which of two values is the tighter, and the typed whole."""

from app.policies.settings.catalogue import SETTINGS, Setting
from app.policies.settings.rules import DEFAULTS, ChainRule, Rules, SlotRule

__all__ = ["DEFAULTS", "SETTINGS", "ChainRule", "Rules", "Setting", "SlotRule"]
