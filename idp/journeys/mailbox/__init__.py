"""The demo's stand-in inbox: every mail that would have been sent, for anybody to read.

Registered only where `settings.mailbox` is true; production has neither the pages nor the rows.
"""
