"""What machines call, one thin file each. Owns: reading a request and shaping its answer.

Does not own: a rule (`protocol`), a statement (`domain`), a page (`web`, `journeys`).
"""
