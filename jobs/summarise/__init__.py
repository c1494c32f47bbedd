"""Summaries: the few sentences that carry an article."""
