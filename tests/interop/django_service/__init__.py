"""A Django service that signs people in with PyPI `govuk-onelogin-django`.

The package is used as it comes and told everything by its settings; ours are only the pages that
say what the service holds. It runs in the environment of `requirements-interop.txt`.
"""
