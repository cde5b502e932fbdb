"""Holds what was measured to its budgets."""

from typing import NamedTuple


class Budget(NamedTuple):
    """What something may take at most."""

    text: str
    value: float
    limit: float


def hold(budgets: list[Budget]) -> bool:
    """Prints each and a closing count."""
    failed = 0
    for text, value, limit in budgets:
        within = value <= limit
        failed += not within
        print(f"{'ok    ' if within else 'FAILED'}  {text}: {value:.2f}, at most {limit:.4g}")
    print(f"{len(budgets) - failed} passed, {failed} failed, 0 skipped")
    return failed == 0
