"""What the formats of the document mean, for which its patterns have no words."""

import schemathesis
from hypothesis import strategies as st


def with_check_digit(body):
    """An IMEI of these fourteen digits (Luhn)."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        double = int(digit) * (2 if place % 2 == 0 else 1)
        total += double - 9 if double > 9 else double
    return body + str(-total % 10)


digits = st.text("0123456789", min_size=5, max_size=5)
schemathesis.openapi.format("imei", digits.map(lambda tail: with_check_digit("490154203" + tail)))
schemathesis.openapi.format("serial-number", digits.map(lambda tail: "EX" + tail))
schemathesis.openapi.format("phone-number", st.integers(605, 699).map(lambda tail: f"+46701740{tail}"))
schemathesis.openapi.format("entity-tags", st.sampled_from(['"v1"', 'W/"v2"', '"v1", "v3"', "*"]))


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """A cursor is taken from the page before. One that was made up is refused, however well it is formed, so it is no
    part of data that fits."""
    if case.meta is not None and case.meta.generation.mode.is_positive:
        case.query.pop("cursor", None)
