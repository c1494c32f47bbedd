"""The parallel corpus that the embedded translator is trained on: sentence patterns, a lexicon and generated names.

`patterns/*.txt` holds English sentences with slots and their Russian and Kazakh translations, `lexicon/*.tsv` what the
slots are filled with. Everything here was written for the project. `AUTHORING.md` gives the notation.
"""
