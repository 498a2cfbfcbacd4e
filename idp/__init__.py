"""The provider: rooms on floors, imports only downward (see docs/architecture.md)."""
