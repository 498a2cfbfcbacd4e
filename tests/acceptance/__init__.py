"""Journeys of real people, driven in a real Chromium against real servers on PostgreSQL."""
