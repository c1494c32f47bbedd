"""Sentence boundaries, F1: ten sentences of a treebank joined by a space, boundaries inside compared by position.

A bullet or a dialogue dash is a segment of its own and no sentence; its end does not count as a boundary.
"""

from jobs.text.sentences import segment
from tests.measure import SHARED, report

TARGETS = {"en": ("en_gum", 0.925), "ru": ("ru_gsd", 0.985), "kk": ("kk_ktb", 0.995)}


def ends(text: str, language: str) -> set[int]:
    """Offsets at which a sentence of `text` ends, the last one left out."""
    position, found = 0, set()
    for item in segment(text, language):
        if any(character.isalnum() for character in item.text):
            found.add(position + len(item.text))
        position += len(item.text) + len(item.separator)
    return found - {len(text)}


def f1(name: str, language: str) -> float:
    """F1 over all groups of ten sentences of one file."""
    lines = (SHARED / "sentences" / f"{name}.first-half.txt").read_text(encoding="utf-8").splitlines()
    lines = [line.strip() for line in lines if line.strip()]
    right = wrong = missed = 0
    for start in range(0, len(lines), 10):
        group = lines[start : start + 10]
        gold = {len(" ".join(group[:count])) for count in range(1, len(group))}
        found = ends(" ".join(group), language)
        right, wrong, missed = right + len(gold & found), wrong + len(found - gold), missed + len(gold - found)
    return 2 * right / (2 * right + wrong + missed)


def main() -> None:
    """Print the F1 of each language, and how many files of the shared material do not come back exactly."""
    for language, (name, target) in TARGETS.items():
        report(f"sentences {language} F1", f1(name, language), target)
    changed = 0
    for file in sorted(path for path in SHARED.rglob("*") if path.is_file() and path.suffix != ".gz"):
        text = file.read_bytes().decode("utf-8", errors="replace")
        changed += "".join(item.text + item.separator for item in segment(text, "en")) != text
    report("files that do not come back exactly", changed, 0, at_most=True, digits=0)


if __name__ == "__main__":
    main()
