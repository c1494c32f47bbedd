"""Translation: which model speaks for which pair, and a text's way through it sentence by sentence."""
