"""Whether a translation may be trusted: checks of a text against what it was made of."""
