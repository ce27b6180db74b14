"""What varies a run's training text: its views, the guards that look at them, what is learned of the operators."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.augmentation import Engine, Policy
from pocketbert.augmentation.acceptance import (
    SAMPLE,
    Accepted,
    accepted_proposals,
    accepted_views,
    sample_of,
)
from pocketbert.augmentation.context import REJECTED, ContextGuard
from pocketbert.augmentation.context_cache import CachedProposer, CachedScorer
from pocketbert.augmentation.masked_words import FIT, MaskedWords
from pocketbert.augmentation.operators.back_translation import BACK_TRANSLATION
from pocketbert.augmentation.operators.masked_lm import MASKED_LM
from pocketbert.augmentation.planning import Planner
from pocketbert.augmentation.pools import Pools, pools_for
from pocketbert.augmentation.refining import Refiner
from pocketbert.augmentation.round_trips import CachedRoundTrip, RoundTrips
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.evaluation.operator_flips import OperatorFlips
from pocketbert.evaluation.same_answer import SameAnswer
from pocketbert.recipe import Recipe
from pocketbert.reporter import Reporter, tell_progress
from pocketbert.runs import load
from pocketbert.training.answering import AnswerPredictor
from pocketbert.training.fingerprint import fingerprint_of_weights
from pocketbert.training.inference import TorchPredictor
from pocketbert.training.operator_weights import OperatorWeights
from pocketbert.training.processes import is_main_process, wait_for_everyone
from pocketbert.wording import counted

if TYPE_CHECKING:
    import torch

    from pocketbert.backbone.in_context import WordsInContext
    from pocketbert.backbone.translation import ThereAndBack
    from pocketbert.data import Encoder, Splits
    from pocketbert.evaluation.schema import OperatorMetrics
    from pocketbert.tasks import Task


READ, VIEWS = 50, 4
"""Training texts, and views of each, that are looked at before the first update: does the model read any of them?"""


@dataclass(frozen=True)
class Variation:
    """What stages on augmented text vary it by; empty where every stage reads clean text."""

    engine: Engine | Pools | None = None
    guards: str = ""
    """Fingerprint of the models that propose words, and look at words and views."""
    agreement: SameAnswer | None = None
    operator_weights: OperatorWeights | None = None
    proposals: Mapping[str, Accepted] = field(default_factory=dict)
    views: Mapping[str, Accepted] = field(default_factory=dict)

    @property
    def operators(self) -> dict[str, OperatorMetrics]:
        """What guards let pass of each operator, and what is learned of it so far."""
        learned = self.operator_weights.current if self.operator_weights else {}
        told: dict[str, OperatorMetrics] = {}
        for name in self.engine.policy.weights if self.engine else ():
            proposals, views = (of.get(name, Accepted(0, 0)) for of in (self.proposals, self.views))
            one: OperatorMetrics = {"made": proposals.made, "passed": proposals.passed}
            if self.views:
                one |= {"views": views.made, "agreed": views.passed}
            if learned:
                one |= {"weight": learned[name]}
            told[name] = one
        return told


def varies(recipe: Recipe) -> bool:
    """Whether any stage reads augmented text."""
    return recipe.augmentation.enabled and any(stage.data == "augmented" for stage in recipe.stages)


def vary(
    recipe: Recipe, splits: Splits, encoder: Encoder, guards: Guards, workers: int, reporter: Reporter
) -> Variation:
    """Plan every training text, with the guards that the policy names, and count what they let pass.

    Plans are kept on disk: the first process makes them, others and later runs read them.
    """
    from pocketbert.data.encoding import EveryText
    from pocketbert.data.storage import plans_folder

    if not varies(recipe):
        return Variation()
    policy, cache = recipe.augmentation, plans_folder(recipe.data.cache_dir)
    epochs = sum(stage.epochs for stage in recipe.stages)
    pools = pools_for(epochs, policy.masked_lm_refresh) if guards.words else 1
    engines = tuple(Engine(policy, seed=recipe.training.seed) for _ in range(pools))
    if not is_main_process():
        wait_for_everyone()
    for number, engine in enumerate(engines):
        engine.prepare(
            EveryText(splits.train),
            workers=workers,
            cache=cache,
            refiners=guards.pool(number).refiners,
            progress=partial(tell_progress, reporter, "planning"),
        )
    if is_main_process():
        wait_for_everyone()
    guards.tell(reporter)
    tried = sample_of(EveryText(splits.train), READ)
    if reads_no_view(tried, full_engine(recipe, tried, guards), encoder.tokenizer):
        reporter.warn(
            f"augmentation changes nothing that {recipe.backbone.name} reads in {counted(len(tried), 'training text')} "
            f"(preset '{policy.preset}'): the run learns what it would learn from clean text"
        )
    proposals = accepted_proposals(Planner.of(policy), guards.refiners, sample_of(EveryText(splits.train)))
    views = {}
    if guards.agreement is not None:
        certain = full_engine(recipe, sample_of(EveryText(splits.train)), guards)
        views = _remembered(guards.agreement, certain, splits, str(policy.agreement), reporter)
    learned = None
    if policy.adaptive:
        flip_rates = OperatorFlips(
            policy,
            splits.task,
            splits.validation,
            predictor_of(splits.task, encoder, recipe.backbone.precision),
            cache=cache,
            refiners=guards.refiners,
        )
        shares = {name: _share(proposals.get(name), views.get(name)) for name in policy.weights}
        learned = OperatorWeights(policy.weights, flip_rates, shares)
    drawing = Pools(engines, policy.masked_lm_refresh) if pools > 1 else engines[0]
    return Variation(drawing, guards.fingerprint, guards.agreement, learned, proposals, views)


def reads_no_view(texts: Sequence[str], engine: Engine, tokenizer: Callable[[str], Any]) -> bool:
    """Whether a tokenizer reads every view as it reads the text, as one that drops capitals does of other capitals."""
    return all(
        view == text or tokenizer(view)["input_ids"] == tokenizer(text)["input_ids"]
        for text in texts
        for view in (engine.view((text,), epoch=epoch, row=0).texts[0] for epoch in range(VIEWS))
    )


def full_engine(recipe: Recipe, texts: Collection[str], guards: Guards) -> Engine:
    """What draws views of some texts as training does when strength is full, and leaves none clean by choice."""
    from pocketbert.data.storage import plans_folder

    engine = Engine(recipe.augmentation.model_copy(update={"clean_share": 0.0}), seed=recipe.training.seed)
    engine.prepare(texts, cache=plans_folder(recipe.data.cache_dir), refiners=guards.refiners)
    return engine


@dataclass(frozen=True)
class Guards:
    """The models that look at words and views, as a policy names them."""

    name: str = ""
    context: ContextGuard | None = None
    scores: CachedScorer | None = None
    words: MaskedWords | None = None
    sentences: RoundTrips | None = None
    agreement: SameAnswer | None = None

    @classmethod
    def of(cls, recipe: Recipe, task: Task) -> Guards:
        """The guards that a recipe names; none where nothing is varied.

        Raises ArgumentError for a model that has no masked-LM head, and for a run of another task, or none.
        """
        policy = recipe.augmentation
        if not varies(recipe):
            return cls()
        agreement = same_answer(policy.agreement, task) if policy.agreement is not None else None
        return replace(cls.of_words(policy, recipe.data.cache_dir), agreement=agreement)

    @classmethod
    def of_words(cls, policy: Policy, cache_dir: Path | None) -> Guards:
        """The guards of a policy that look at words alone, and what proposes words to them."""
        from pocketbert.data.storage import models_folder

        folder = models_folder(cache_dir)
        words = None
        if MASKED_LM.name in policy.weights:
            from pocketbert.backbone.in_context import LikelyWords

            proposing = _words_in_context(policy.masked_lm, "masked_lm")
            fitting = ContextGuard(CachedScorer(proposing, folder), {**REJECTED, "replaced": FIT})
            words = MaskedWords(
                CachedProposer(LikelyWords(proposing), folder), fitting, Planner.of(policy).rules
            )
        sentences = None
        if BACK_TRANSLATION.name in policy.weights and policy.translators is not None:
            trip = CachedRoundTrip(_there_and_back(*policy.translators), folder)
            sentences = RoundTrips(trip, Planner.of(policy).rules)
        if policy.context_guard is None:
            return cls(words=words, sentences=sentences)
        scores = CachedScorer(_words_in_context(policy.context_guard, "context_guard"), folder)
        return cls(policy.context_guard, ContextGuard(scores), scores, words, sentences)

    def pool(self, number: int) -> Guards:
        """The same, proposing words for the places of another pool."""
        return replace(self, words=self.words and self.words.pool(number))

    @property
    def fingerprint(self) -> str:
        """Changes when a model's answers would; empty where no model is asked."""
        asked = [one.fingerprint for one in self.refiners]
        return " ".join([*asked, self.agreement.fingerprint] if self.agreement else asked)

    @property
    def refiners(self) -> Sequence[Refiner]:
        """What adds proposals, then what takes them away."""
        return [one for one in (self.words, self.sentences, self.context) if one is not None]

    def tell(self, reporter: Reporter) -> None:
        """Say how fast the context guard was, and what it rejected."""
        if self.context is None or self.scores is None:
            return
        work = self.context.work
        if not work.texts:
            reporter.say(f"context guard {self.name}: every text was looked at before")
            return
        reporter.say(
            f"context guard {self.name}: {counted(work.texts, 'text')} at {work.texts / work.seconds:,.0f}/s; "
            f"{100 * work.rejected / max(1, work.words):.1f}% of {counted(work.words, 'word')} rejected, "
            f"{self.scores.known:,} scores known before"
        )


@lru_cache(maxsize=2)
def _words_in_context(name: str, field_name: str) -> WordsInContext:
    from pocketbert.backbone.in_context import WordsInContext

    try:
        return WordsInContext.load(name)
    except PocketBertError as error:
        raise type(error)(f"augmentation.{field_name}: {error}") from None


@lru_cache(maxsize=1)
def _there_and_back(there: str, back: str) -> ThereAndBack:
    from pocketbert.backbone.translation import ThereAndBack

    try:
        return ThereAndBack.load(there, back)
    except ArgumentError as error:
        raise ArgumentError(f"augmentation.translators: {error}") from None


def same_answer(folder: str, task: Task) -> SameAnswer:
    """The agreement guard of a finished run.  Raises ArgumentError when it is none, or of another task."""
    try:
        run = load(Path(folder).expanduser())
    except ArgumentError as error:
        raise ArgumentError(f"augmentation.agreement: {error}") from None
    theirs = run.task
    if (theirs.kind, len(theirs.text), set(theirs.labels)) != (task.kind, len(task.text), set(task.labels)):
        raise ArgumentError(
            f"augmentation.agreement: the run {folder} answers other questions than the data asks; name one on the "
            "same task"
        )
    return SameAnswer(run.predictor, theirs, fingerprint_of_weights(run.model))


def predictor_of(
    task: Task, encoder: Encoder, precision: str
) -> Callable[[torch.nn.Module], TorchPredictor | AnswerPredictor]:
    """What makes a model in training something that answers a task."""
    if task.kind == "spans":
        return lambda model: AnswerPredictor(model, encoder, task.unanswerable, precision=precision)
    return lambda model: TorchPredictor(model, encoder, precision)


def _remembered(
    agreement: SameAnswer, engine: Engine, splits: Splits, name: str, reporter: Reporter
) -> dict[str, Accepted]:
    """Answers to all clean texts, worked out once; and what a sample of views comes to."""
    from pocketbert.data.encoding import texts_of
    from pocketbert.data.question_rows import sentences_kept

    at_once = 2_048
    for at in range(0, len(splits.train), at_once):
        tell_progress(reporter, f"asking {name}", at, len(splits.train))
        agreement.remember(texts_of(splits.train[at : at + at_once]))
    tell_progress(reporter, f"asking {name}", len(splits.train), len(splits.train))
    rows = splits.train[:: max(1, len(splits.train) // SAMPLE)]
    spans = sentences_kept(rows) if splits.task.kind == "spans" else []
    return accepted_views(engine, texts_of(rows), agreement, dict(enumerate(spans)))


def _share(*counts: Accepted | None) -> float:
    """The share that passes one guard after the other."""
    share = 1.0
    for count in counts:
        share *= count.share if count else 1.0
    return share
