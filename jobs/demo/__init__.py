"""The embedded translator: its corpus, its training, its weights, and the sample articles."""
