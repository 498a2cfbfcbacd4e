"""The nouns and how they are kept, each on both databases where it has a table."""
