"""What every way of summarising is given and gives back."""

from dataclasses import dataclass

from jobs.records import Finish, Flag


@dataclass(frozen=True, slots=True)
class Text:
    """A text to summarise.

    Attributes:
        language: BCP-47 code.
        title: headline, or empty where there is none.
    """

    text: str
    language: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary in the language of its text, with what is to be known about it.

    Attributes:
        engine: what made it.
        tokens_in: tokens of the text; tokens_kept: how many of them the model was given; tokens_out: tokens generated.
            All 0 where no model was asked.
        finish: why the model ended, the worst of several times.
        repaired_by, tried, outcome: what was done about what the check found, as in a `Candidate`.
    """

    text: str
    engine: str
    flags: tuple[Flag, ...] = ()
    tokens_in: int = 0
    tokens_kept: int = 0
    tokens_out: int = 0
    finish: Finish = Finish.CARRIED
    repaired_by: str = ""
    tried: tuple[str, ...] = ()
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class NotSummarised:
    """A text of which no summary could be made; `kind` and `message` are those of a `Failure`."""

    kind: str
    message: str
