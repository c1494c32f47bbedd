"""Families of models: in which words each wants to be asked for a language, or for a summary.

A family is data and one small function that makes a prompt; what translates or summarises, and the engine, know nothing
of particular families.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jobs.config import AUTO, Family, Model, Summariser, SummaryFamily, Translator
from jobs.models.engine import ModelError
from jobs.models.prompts import instruction
from jobs.records import Prompt


@dataclass(frozen=True, slots=True)
class Chat:
    """How a prompt becomes a chat, which the model's own template then puts into words.

    Attributes:
        content: the text of a prompt to the content of the one message, the user's.
        options: what the template is told besides.
        task: file of `conf/prompts` that the prompt is made from; empty where the template has the words itself.
        terms: file of `conf/prompts` that tells a text's glossary terms before that; empty where they are not told.
    """

    content: Callable[[str], Any] = str
    options: Mapping[str, Any] = field(default_factory=dict)
    task: str = ""
    terms: str = ""

    @property
    def instruction(self) -> str:
        """The words around a text, where this program has them; they decide what comes out."""
        return "\n\n".join(instruction(task).template for task in (self.terms, self.task) if task)


@dataclass(frozen=True, slots=True)
class Convention:
    """How the models of one family are asked.

    Attributes:
        tags: language (BCP-47) -> tokens that may ask for it, and a model's vocabulary has one of them; for chat models
            what the prompt calls the language.
        prompt: `(text, tag, source, target)`, languages in BCP-47, to the prompt in the family's words.
        shape: what such a token looks like.
        refused: language -> why the family is not used for it, although its vocabulary has the language.
        chat: for chat models.
    """

    tags: Mapping[str, tuple[str, ...]]
    prompt: Callable[[str, str, str, str], Prompt]
    shape: re.Pattern[str] = re.compile(r".+")
    refused: Mapping[str, str] = field(default_factory=dict)
    chat: Chat | None = None

    def told(self, prompt: Prompt, terms: Callable[[], Sequence[tuple[str, str]]]) -> Prompt:
        """The prompt with the glossary terms of its text and their renderings, for models that are told them."""
        if not self.chat or not self.chat.terms or not (found := terms()):
            return prompt
        words = "; ".join(f"{term} = {rendering}" for term, rendering in found)
        return replace(prompt, text=f"{instruction(self.chat.terms).substitute(terms=words)}\n\n{prompt.text}")


def find_tag(convention: Convention, wanted: str, language: str, model: str, tokenizer: Any) -> str:
    """The token that asks a model for `language`; raises `ModelError` where its vocabulary does not have it.

    Args:
        convention: of the model's family.
        wanted: a token; `auto` for whichever of the family's tokens is there; empty for a model of one target language.
        language: BCP-47 code of the target.
        model: how messages name it.
        tokenizer: of the model; a chat model may be asked in any words, and needs none.
    """
    if not wanted:
        return ""
    candidates = convention.tags[language] if wanted == AUTO else (wanted,)
    if convention.chat:
        return candidates[0]
    for token in candidates:
        if tokenizer.convert_tokens_to_ids(token) not in (None, tokenizer.unk_token_id):
            return token
    there = ", ".join(sorted(filter(convention.shape.fullmatch, tokenizer.get_vocab()))) or "no token of that kind"
    raise ModelError(
        f"{model}: {' or '.join(candidates)} for {language} is not in its vocabulary, which has {there}; "
        f"set 'translators.{language}.tags.{language}=\"TAG\"'"
    )


def _prefixed(text: str, tag: str, source: str, target: str) -> Prompt:
    return Prompt(f"{tag} {text}" if tag else text, source, target)


def _nllb(text: str, tag: str, source: str, target: str) -> Prompt:
    return Prompt(text, source, target, source_code=NLLB_CODES[source][0], first_token=tag)


def _m2m100(text: str, tag: str, source: str, target: str) -> Prompt:
    return Prompt(text, source, target, source_code=source, first_token=tag)


def _chat(text: str, tag: str, source: str, target: str) -> Prompt:
    words = instruction("translate").substitute(text=text, source=CHAT_NAMES[source][0], target=tag)
    return Prompt(words, source, target)


def _hunyuan(text: str, tag: str, source: str, target: str) -> Prompt:
    words = instruction("translate_hunyuan").substitute(text=text, source=NAMES[source][0], target=tag)
    return Prompt(words, source, target)


def _translate_gemma(text: str, tag: str, source: str, target: str) -> Prompt:
    content = {"type": "text", "source_lang_code": source, "target_lang_code": tag, "text": text}
    return Prompt(json.dumps([content], ensure_ascii=False), source, target)


NAMES = {"en": ("English",), "ru": ("Russian",), "kk": ("Kazakh",)}
CHAT_NAMES = {**NAMES, "kk": ("Kazakh in Cyrillic script",)}
NLLB_CODES = {"en": ("eng_Latn",), "ru": ("rus_Cyrl",), "kk": ("kaz_Cyrl",)}

CONVENTIONS: Mapping[Family, Convention] = {
    # Tiedemann and Thottingal 2020 (OPUS-MT). Models differ in whether a tag names the script, too.
    Family.marian: Convention(
        tags={
            "en": (">>eng<<", ">>eng_Latn<<"),
            "ru": (">>rus<<", ">>rus_Cyrl<<"),
            "kk": (">>kaz<<", ">>kaz_Cyrl<<"),
        },
        shape=re.compile(r">>\S+<<"),
        prompt=_prefixed,
    ),
    # NLLB Team 2022: the source's code stands before the text, and the target's is the first token of the answer.
    Family.nllb: Convention(tags=NLLB_CODES, shape=re.compile(r"[a-z]{3}_[A-Z][a-z]{3}"), prompt=_nllb),
    # Fan et al. 2020.
    Family.m2m100: Convention(
        tags={"en": ("__en__",), "ru": ("__ru__",)},
        shape=re.compile(r"__[a-z]+__"),
        prompt=_m2m100,
        refused={"kk": "M2M100 is not used for Kazakh (published chrF++ 11 to 16)"},
    ),
    # Kudugunta et al. 2023.
    Family.madlad: Convention(
        tags={"en": ("<2en>",), "ru": ("<2ru>",), "kk": ("<2kk>",)},
        shape=re.compile(r"<2\w+>"),
        prompt=_prefixed,
    ),
    # Models that chat about anything. Qwen3 would think aloud first; templates of other models do not read the option.
    Family.chat: Convention(
        tags=CHAT_NAMES,
        prompt=_chat,
        chat=Chat(options={"enable_thinking": False}, task="translate", terms="terms"),
    ),
    # Zheng et al. 2025, and the model card of HY-MT1.5: trained on these words, for pairs without Chinese.
    Family.hunyuan: Convention(tags=NAMES, prompt=_hunyuan, chat=Chat(task="translate_hunyuan")),
    # Finkelstein et al. 2026: the template has the words, and takes one entry with the text and both languages' codes.
    Family.translate_gemma: Convention(
        tags={"en": ("en",), "ru": ("ru",), "kk": ("kk",)},
        prompt=_translate_gemma,
        chat=Chat(content=json.loads),
    ),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How the summarisers of one family are given a text, and what their answers look like.

    Attributes:
        prefix: what stands before the text.
        starts: language (BCP-47) -> token that the answer starts from, in models that are told the language so.
        global_tokens: tokens at the beginning that see the whole text, where the others see what is near them.
        line_break: what stands for one in an answer; empty where it is one.
        chat: for chat models, which are given an instruction and not a prefix.
    """

    prefix: str = ""
    starts: Mapping[str, str] = field(default_factory=dict)
    global_tokens: int = 0
    line_break: str = ""
    chat: Chat | None = None

    def prompt(self, text: str, language: str, sentences: int) -> Prompt:
        """A text, on one line, as the family wants it; a chat model is told the language, and how many sentences it may write."""
        line = " ".join(text.split())
        words = self.prefix + line
        if self.chat:
            values = {"text": line, "language": CHAT_NAMES[language][0], "sentences": sentences}
            words = instruction(self.chat.task).substitute(values)
        return Prompt(
            words,
            language,
            language,
            start_token=self.starts.get(language, ""),
            global_tokens=self.global_tokens,
        )

    def answer(self, text: str) -> str:
        """An answer as one paragraph; the summaries that many models were trained on have a space before a full stop."""
        broken = text.replace(self.line_break, " ") if self.line_break else text
        return re.sub(r" ([.,;:!?])(?=\s|$)", r"\1", " ".join(broken.split()))


READINGS: Mapping[SummaryFamily, Reading] = {
    # Lewis et al. 2020. The space is the prefix of the published settings: without it the first word is another token.
    SummaryFamily.bart: Reading(prefix=" "),
    # Zhang et al. 2020.
    SummaryFamily.pegasus: Reading(line_break="<n>"),
    # Beltagy et al. 2020, made from BART; for summaries the first token sees the whole text.
    SummaryFamily.led: Reading(prefix=" ", global_tokens=1),
    SummaryFamily.mt5: Reading(),
    # Liu et al. 2020: the first mBART, whose answers start from the code of their language.
    SummaryFamily.mbart: Reading(starts={"en": "en_XX", "ru": "ru_RU", "kk": "kk_KZ"}),
    SummaryFamily.t5: Reading(),
    SummaryFamily.chat: Reading(chat=Chat(options={"enable_thinking": False}, task="summarise")),
}


def chat_of(settings: Model) -> Chat | None:
    """How a model is chatted with, or None where it is no chat model."""
    if isinstance(settings, Translator):
        return CONVENTIONS[settings.family].chat
    return READINGS[settings.family].chat if isinstance(settings, Summariser) else None
