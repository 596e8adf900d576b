"""The life of an opportunity: the stages it went through, its amount and close date at each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from simulator.generated.dice import Dice
from simulator.generated.plan import DAY, Plan
from simulator.processes import PROCESS_STAGES

WON, LOST = "Closed Won", "Closed Lost"
WIN_RATE, OVERDUE_RATE, WITHOUT_AMOUNT = 0.45, 0.05, 0.08
SHORTEST, LONGEST = 15, 240


@dataclass(frozen=True)
class Step:
    """An opportunity at one moment of its life."""

    at: datetime
    stage: str
    amount: Decimal | None
    close_date: date


@dataclass(frozen=True)
class Life:
    """The steps of an opportunity until now."""

    steps: Sequence[Step]
    is_over: bool

    @property
    def pushes(self) -> int:
        """How often the close date moved into a later month."""
        dates = [step.close_date for step in self.steps]
        return sum((old.year, old.month) < (new.year, new.month) for old, new in pairwise(dates))


def live(plan: Plan, dice: Dice, process: str) -> Life:
    """The life of one opportunity of a sales process: created in the past, perhaps closed since."""
    created = dice.between(plan.first, plan.last - DAY)
    close = created + dice.within(SHORTEST, LONGEST) * DAY
    is_over = close <= plan.last and not dice.chance(OVERDUE_RATE)
    stages = _reached(dice, process, is_over=is_over)
    moves = sorted(dice.between(created, min(close, plan.last)) for _ in stages[1:])
    times = [created, *moves]
    amounts, dates = _amounts(dice, len(stages)), [close.date()] * len(stages)
    if not is_over:
        dates = _pushed(dice, close.date(), len(stages))
    steps = [Step(*values) for values in zip(times, stages, amounts, dates, strict=True)]
    return Life(steps, is_over)


def _reached(dice: Dice, process: str, *, is_over: bool) -> list[str]:
    ways = [stage for stage in PROCESS_STAGES[process] if stage not in (WON, LOST)]
    reached = ways[: dice.within(1, len(ways) + 1)]
    if is_over:
        reached.append(WON if dice.chance(WIN_RATE) else LOST)
    return reached


def _amounts(dice: Dice, count: int) -> list[Decimal | None]:
    if dice.chance(WITHOUT_AMOUNT):
        return [None] * count
    amount = Decimal(max(1, int(dice.lognormvariate(9.6, 1.3)) // 50)) * 50
    amounts: list[Decimal | None] = []
    for _ in range(count):
        amounts.append(amount)
        if dice.chance(0.25):
            amount = (amount * dice.within(60, 151) / 100).quantize(Decimal("0.01"))
    return amounts


def _pushed(dice: Dice, first: date, count: int) -> list[date]:
    dates = [first]
    for _ in range(count - 1):
        late = dice.within(7, 60) if dice.chance(0.2) else 0
        dates.append(dates[-1] + timedelta(days=late))
    return dates
