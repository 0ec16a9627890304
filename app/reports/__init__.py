"""Daily reports: asked for by forms, drafted from the facts, signed, sent up, frozen; the four failures of reporting.

Records what happens and sends no messages; knows nothing of who is told.
"""
