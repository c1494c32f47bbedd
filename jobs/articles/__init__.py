"""Articles: reading rows of any source, cleaning pages, and telling an article from a failure."""
