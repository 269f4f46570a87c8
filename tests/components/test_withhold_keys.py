"""Which side a row is on depends on its values alone: not on how they are written, nor on its copies."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from patients import raw_frame, write_csv
from test_withhold import FIXTURE

NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0.0, -0.0])
)


def _spellings(value):
    number = float(value)
    return [repr(number), f"{number:.17e}", f" {number!r} ", f'"{number!r}"', f'" {number!r}"', f"{number!r}\t"] + (
        [str(int(number)), f"{int(number)}.000"] if number.is_integer() and abs(number) < 2**53 else []
    )


@settings(deadline=None, max_examples=40, suppress_health_check=[FIXTURE])
@given(
    rows=st.lists(st.tuples(NUMBERS, st.sampled_from(["word", "größer, als", "a longer word", "", "?"])), min_size=30),
    data=st.data(),
)
def test_the_way_a_value_is_written_and_its_target_move_no_row(withhold_modules, rows, data):
    def keys(raw):
        columns = withhold_modules.table.Columns("y", None, (), "")
        source = withhold_modules.scanning.open_source(_Named("a.csv"), raw.encode())
        return withhold_modules.table._part(source, columns).keys.tolist()

    def quoted(text):
        return f'"{text}"' if "," in text else text

    plain = "".join(f"{float(number)!r},{quoted(text)},1\n" for number, text in rows)
    written = "".join(
        f"{data.draw(st.sampled_from(_spellings(number)))},{quoted(text)} ,{data.draw(st.integers(0, 9))}\r\n"
        for number, text in rows
    )
    assert keys("a,b,y\n" + plain) == keys("\ufeffa,b,y\r\n" + written)


class _Named:
    def __init__(self, name):
        self.name = name


def test_different_values_have_different_keys(withhold_modules):
    values = ["0", "1", "-1", "10", "0.1", "1e300", "inf", "nan", "NA", "a", "b", "A", "1 2", "a" * 8, "a" * 9, "1" * 9]
    raw = "a,y\n" + "".join(f"{value},1\n" for value in values)
    source = withhold_modules.scanning.open_source(_Named("a.csv"), raw.encode())
    part = withhold_modules.table._part(source, withhold_modules.table.Columns("y", None, (), ""))
    assert len(set(part.keys.tolist())) == len(values)


@settings(deadline=None, max_examples=10, suppress_health_check=[FIXTURE])
@given(seed=st.integers(0, 2**32 - 1), above=st.sampled_from([50, 10_000]))
def test_copies_of_a_row_are_never_on_both_sides(withhold, tmp_path_factory, seed, above):
    frame = raw_frame(150, seed=seed)
    copies = frame.sample(60, random_state=seed % 1000, replace=True)
    copies["target"] = 1 - copies["target"]
    floats = copies.astype({name: float for name in frame.columns if name not in ("thal", "target")})
    folder = write_csv(frame, tmp_path_factory.mktemp("data"))
    write_csv(floats, folder, "more.csv")
    done = withhold(folder, hold_out_above=above)
    for told in done.told["folds"]:
        sides = [pd.read_csv(done.folds / told["name"] / side / "rows.csv") for side in ("rest", "withheld")]
        rest, withheld = (set(map(tuple, side[list(frame.columns[:-1])].to_numpy().tolist())) for side in sides)
        assert withheld
        assert not rest & withheld
