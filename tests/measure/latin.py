"""Kazakh in Latin script: words of the professional translations that come back the same from Latin script, and a treebank's."""

import re

from jobs.text.transliteration import to_cyrillic, to_latin
from tests.measure import SHARED, report

_WORD = re.compile("[а-яёәғқңөұүһіА-ЯЁӘҒҚҢӨҰҮҺІ]+")


def main() -> None:
    """Print the share of words in Cyrillic that come back letter for letter."""
    rows = (SHARED / "translation" / "flores200-devtest.en-ru-kk.tsv").read_text(encoding="utf-8").splitlines()
    texts = {
        "FLORES": " ".join(row.split("\t")[2] for row in rows),
        "KTB (first half)": (SHARED / "sentences" / "kk_ktb.first-half.txt").read_text(encoding="utf-8"),
    }
    for name, text in texts.items():
        words = _WORD.findall(text)
        back = sum(to_cyrillic(to_latin(word)) == word for word in words)
        report(f"{name}: words that come back from Latin script", back / len(words), 0.995)


if __name__ == "__main__":
    main()
