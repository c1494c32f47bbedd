"""The street an article walks, and who walks it."""
