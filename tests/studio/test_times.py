from decimal import Decimal

import pytest

from apps.core.errors import InputError
from apps.studio.times import time_typed


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2,5", "2.5"), ("0:02", "2"), ("1:23.5", "83.5"), (" 83.5 ", "83.5"), ("0", "0"), ("10:00", "600")],
)
def test_times_are_read_as_people_type_them(text, seconds):
    assert time_typed(text) == Decimal(seconds)


@pytest.mark.parametrize("text", ["", "abc", "-1", "1:2:3", "1e3", "nan", "2.5s"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(InputError, match="Type seconds"):
        time_typed(text)
