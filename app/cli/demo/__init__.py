"""The demo province: the real tree of Jiangsu down to the counties, invented schools, people and a fortnight.

Everything goes through the services that the product uses, so that what a newcomer sees is what the product does.
Names are drawn from common characters, identity numbers carry a region (99) that no place has.
"""

from app.cli.demo.accounts import DemoAccount, remembered_accounts
from app.cli.demo.build import build, ensure_demo

__all__ = ["DemoAccount", "build", "ensure_demo", "remembered_accounts"]
