"""Every move of every workflow leaves an entry, in the transaction of the move itself."""

from app.audit import service
from app.kernel.workflow import OBSERVERS

if service.record_decision not in OBSERVERS:
    OBSERVERS.append(service.record_decision)
