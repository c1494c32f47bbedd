"""The check of a summary that a model wrote: it states no number and no name that its article does not have.

A translation of the summary is held to the summary, sentence by sentence, by the checks of translations.
"""

from jobs.records import Flag, Pair, Severity
from jobs.trust.amounts import added_amounts
from jobs.trust.names import added_names


def check_faithful(pair: Pair) -> list[Flag]:
    """Numbers, currencies, persons, places and organisations of a summary that its article does not have.

    Args:
        pair: the article with its headline, and its summary, in one language.
    """
    found = [*added_amounts(pair), *added_names(pair)]
    return [Flag("faithful", Severity.ERROR, "", f"not in the article: {', '.join(found)}")] if found else []
