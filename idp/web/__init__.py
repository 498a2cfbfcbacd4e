"""What all pages share: the request under way, layout, forms, errors, headers, languages, limits.

Owns: the one transaction around a view, the one error table, the look of every page. Does not
own: any page of a journey (`journeys`), any rule of the protocol (`protocol`).
"""
