"""The departments, tried against a provider that can be made to do everything wrong."""
