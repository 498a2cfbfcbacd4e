"""How long and how surely whatever-comes tests run: never failing for a slow machine's sake."""

from hypothesis import settings

settings.register_profile("protocol", deadline=None, max_examples=60, database=None)
settings.load_profile("protocol")
