"""The tables of encoder efforts in docs/transformations.md show the figures of t/bench/efforts.tsv,
with the defaults of the code in bold. t/bench/efforts.py measures the figures."""

import re
import sys

from nginx import ROOT

sys.path.insert(0, str(ROOT / "t/bench"))

import efforts  # noqa: E402  (found through the line above)

FIGURES = efforts.FIGURES.read_text().splitlines()


def test_the_page_shows_the_stored_figures_and_the_defaults_of_the_code():
    assert efforts.shown() == efforts.tables(FIGURES), (
        "run t/bench/efforts.py --from t/bench/efforts.tsv --write, or measure again")


def test_every_default_is_in_bold():
    bold = dict(re.findall(r"^\| \*\*([\w ]+)\*\* \| \*\*(\w+)\*\* \|", efforts.shown(),
                           re.MULTILINE))
    assert bold == {efforts.NAMES[name]: effort for name, effort in efforts.defaults().items()}
    assert len(bold) == 6


def rows_of(*numbers):
    """Rows for the efforts 0, 1… from pairs of milliseconds and percent of bytes."""
    return {str(effort): efforts.Row(milliseconds, 0, 0, 0, percent)
            for effort, (milliseconds, percent) in enumerate(numbers)}


def test_the_knee_is_where_more_work_stops_paying():
    assert efforts.knee(rows_of((10, 100), (20, 90), (40, 89), (80, 88))) == "1"
    assert efforts.knee(rows_of((10, 100), (20, 99), (40, 70))) == "2"
    assert efforts.knee(rows_of((10, 100), (10, 97), (11, 100))) == "1"
    assert efforts.knee(rows_of((10, 100))) == "0"
