"""Passes and the gate: who may go in, who did, who is inside now. Refuses to know why somebody was given a pass."""
