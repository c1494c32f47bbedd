"""What an engine's own word about a generation means to a reader: cut, unfinished, or empty."""

from jobs.records import Finish, Flag, Generation, Severity

NOTHING_CAME = (Finish.NO_ANSWER, Finish.OUT_OF_MEMORY)


def flags_of(made: Generation, source: str, where: str) -> list[Flag]:
    """Flags of one generation.

    Args:
        made: the generation.
        source: the text that it was made of.
        where: which part of the whole text that is.
    """
    found = []
    if made.tokens_kept < made.tokens_in:
        cut = made.tokens_in - made.tokens_kept
        found.append(
            Flag("truncated", Severity.ERROR, where, f"the last {cut} of {made.tokens_in} tokens were not read")
        )
    if made.finish is Finish.LENGTH:
        found.append(Flag("unfinished", Severity.ERROR, where, f"stopped at the limit of {made.tokens_out} tokens"))
    if not made.text:
        found.append(Flag("empty", Severity.ERROR, where, f"nothing came back for {source[:60]!r}"))
    return found
