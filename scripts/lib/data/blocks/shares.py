"""The shares in the result of a rule, as Great Expectations has them, of counts that were added up."""

from typing import Any


def fill_in_shares(told: dict[str, Any], mostly: float) -> bool:
    """Fill in the shares that follow from the counts; return whether the rule is met."""
    count, total = told["unexpected_count"], told["element_count"]
    filled = total - told.get("missing_count", 0)
    of_filled = count / filled * 100 if filled else None
    told["unexpected_percent"] = of_filled
    if "missing_count" in told:
        told["missing_percent"] = told["missing_count"] / total * 100
        told["unexpected_percent_total"] = count / total * 100
        told["unexpected_percent_nonmissing"] = of_filled
    return not filled or (filled - count) / filled >= mostly
