"""Text as such: its sentences and its language."""
