"""The state machine says on random lives, day by day, what the rule's text says in fractions."""

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from health_monitor.model.usage import Benchmark, Episode, State, Tenure
from health_monitor.usage.rule import judge, step
from health_monitor.usage.windows import walk_sums
from tests.rooms import book
from tests.rooms.usages import EXCLUDING, START, a_life, stretches, the_rules

# Few levels and long stretches: so ratios meet 60, 40 and 70 % exactly again and again.
LIVES = st.lists(st.tuples(st.integers(1, 60), st.sampled_from([0, 0, 1, 2, 3, 4, 6, 7, 10])), min_size=1, max_size=9)
NORMS = st.one_of(st.none(), st.fractions(0, 3, max_denominator=28))


def as_benchmark(norm: Fraction | None) -> Benchmark | None:
    return None if norm is None else Benchmark(norm.numerator, norm.denominator, 5, "smb/active_user_days")


@settings(max_examples=60)
@given(parts=LIVES, people=st.integers(0, 12), excluding=st.booleans(), cumulative=NORMS, per_user=NORMS)
def test_every_day_of_a_random_life_is_judged_as_the_text_says(
    parts: list[tuple[int, int]], people: int, excluding: bool, cumulative: Fraction | None, per_user: Fraction | None
) -> None:
    life = stretches(*parts)
    rules = EXCLUDING if excluding else the_rules()
    states: list[State] = []
    for sums in walk_sums(a_life(life, people=people), Tenure(START, START), START + len(life) - 1, rules):
        norm = as_benchmark(cumulative if sums.age <= 29 else per_user)
        states.append(step(states[-1] if states else None, sums, norm, rules))
    days = [
        book.judged(
            life, people, age, excluding=excluding, cumulative=lambda _: cumulative, per_user=lambda _: per_user
        )
        for age in range(len(life))
    ]
    assert [seen_by(state) for state in states] == days
    assert told_by(states) == book.episodes(life, days)


@given(
    index=st.integers(0, 10**30), own=st.integers(1, 10**30), share=st.sampled_from([book.SIXTY, book.FORTY]),
    nudge=st.integers(-1, 1),
)  # fmt: skip
def test_no_number_is_so_large_that_a_verdict_is_rounded(index: int, own: int, share: Fraction, nudge: int) -> None:
    """Around the exact threshold and anywhere else: r is (index / 14) / (own / 90)."""
    exact = share * 14 * own / 90
    for total in (index, max(0, exact.numerator // exact.denominator + nudge)):
        sums = next(walk_sums(a_life([1]), Tenure(START, START), START, the_rules()))._replace(
            age=200, seen_days=201, index_sum=total, index_days=14, own_sum=own, own_days=90, own_user_days=5
        )
        ratio = Fraction(total, 14) / Fraction(own, 90)
        expected = "none" if ratio >= book.SIXTY else "moderate" if ratio >= book.FORTY else "severe"
        assert judge(sums, None, the_rules()).drop == expected


def seen_by(state: State) -> book.Judged:
    verdict = state.verdict
    if verdict.reason:
        return book.Judged(str(verdict.reason))
    index = Fraction(verdict.index_num, verdict.index_den)
    return book.Judged(None, index, Fraction(verdict.baseline_num, verdict.baseline_den))


def told_by(states: Sequence[State]) -> list[book.Told]:
    ended = [state.episode for state in states if state.episode and state.episode.resolved_on]
    last = states[-1].open
    return [told(episode) for episode in ([*ended, last] if last else ended)]


def told(episode: Episode) -> book.Told:
    def age(day: int | None) -> int | None:
        return None if day is None else day - START

    return book.Told(
        episode.opened_on - START, str(episode.usage_drop), age(episode.escalated_on), age(episode.resolved_on),
        str(episode.resolution) if episode.resolution else None,
    )  # fmt: skip
