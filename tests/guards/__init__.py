"""Tests that look at the whole house at once: its routes, pages, models, words and budgets."""
