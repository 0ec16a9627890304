"""What identity has to give to the rooms beneath it."""

from app.identity.service.addresses import EMAILS, OPENIDS, PHONES
from app.notifications import service as notifications
from app.notifications.service import Channel

notifications.register_book(Channel.TEXT, PHONES)
notifications.register_book(Channel.EMAIL, EMAILS)
notifications.register_book(Channel.WECHAT, OPENIDS)
