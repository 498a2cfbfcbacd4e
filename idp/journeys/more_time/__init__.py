"""More time: what the warning before a page ends leads to, with and without JavaScript.

Owns the two addresses that ask for it. Does not own how long things live (`idp.domain.journeys`,
`idp.domain.sessions`) or the warning, which is part of every page's shell (`idp.web.time_limits`).
"""
