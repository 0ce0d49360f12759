"""``--best``: what is understood, which row answers, what is a tie, and what is said where none does."""

import pandas as pd
import pytest

from cimsim.errors import InputError
from cimsim.metrics import wilson_interval
from cimsim.sweep.best import check_columns, find_best, parse_question
from cimsim.sweep.best_text import best_lines
from cimsim.sweep.constraints import Constraint, parse_constraint

BITS = "tile.macro.adc.bits"


@pytest.fixture
def table():
    right = [900, 975, 985, 990, 991]
    table = pd.DataFrame({"point": range(5), BITS: [3, 4, 5, 6, 7], "chip.mc_schedule": list("aabbb")})
    table["status"], table["energy_j"] = "done", [1e-6, 2e-6, 3e-6, 4e-6, 4e-6]
    table["accuracy"] = [k / 1000 for k in right]
    table[["accuracy_low", "accuracy_high"]] = [wilson_interval(k, 1000) for k in right]
    return table


def test_a_question_is_read():
    question = parse_question("max accuracy subject to energy_j < 3 uJ and area_m2<=4e-6, latency_s > 0")
    assert (question.objective.column, question.objective.is_max) == ("accuracy", True)
    assert [(c.column, c.relation) for c in question.constraints] == [
        ("energy_j", "<"), ("area_m2", "<="), ("latency_s", ">"),
    ]  # fmt: skip
    assert question.constraints[0].limit == pytest.approx(3e-6)


@pytest.mark.parametrize(
    ("column", "is_max"),
    [("energy_j", False), ("nll", False), ("accuracy", True), ("throughput_images_per_s", True),
     ("ops_per_j", True), ("latency_s", False)],
)  # fmt: skip
def test_the_direction_is_known_where_none_is_given(column, is_max):
    assert parse_question(column).objective.is_max is is_max


def test_the_cheapest_row_within_the_limits_wins(table):
    best = find_best(table, "energy_j subject to accuracy > 0.98")
    assert best.row["point"] == 2 and not len(best.ties) and best.n_allowed == 3
    assert best.unsure == (Constraint("accuracy", ">", 0.98),)
    assert find_best(table, "energy_j subject to accuracy > 0.95").row["point"] == 1
    assert find_best(table, "energy_j subject to accuracy > 0.95").unsure == ()


def test_equal_costs_are_ties(table):
    best = find_best(table, "energy_j subject to accuracy >= 0.99")
    assert best.row["point"] == 3 and best.ties["point"].tolist() == [4]


def test_accuracies_within_the_noise_are_ties_best_first(table):
    best = find_best(table, "max accuracy")
    assert best.row["point"] == 4 and best.ties["point"].tolist() == [3, 2]


def test_failed_rows_never_win(table):
    table.loc[0, "status"] = "failed"
    assert find_best(table, "energy_j").row["point"] == 1


def test_words_are_compared_as_they_are(table):
    assert find_best(table, "energy_j subject to chip.mc_schedule == b").row["point"] == 2


@pytest.mark.parametrize("limit", ["98 %", "98%", "0.98", "9.8e1 %"])
def test_percent_is_a_hundredth(table, limit):
    assert parse_constraint(f"accuracy > {limit}") == Constraint("accuracy", ">", 0.98)
    assert find_best(table, f"energy_j subject to accuracy > {limit}").row["point"] == 2


@pytest.mark.parametrize("word", ["true", "True", "TRUE"])
def test_truth_values_are_words_in_any_case(table, word):
    table["pareto"] = [False, False, True, True, False]
    assert find_best(table, f"max energy_j subject to pareto == {word}").row["point"] == 3
    table["pareto"] = pd.Series([None, False, True, True, False], dtype=object)
    assert find_best(table, f"max energy_j subject to pareto == {word}").row["point"] == 3
    assert parse_constraint(f"pareto == {word}").violation({"pareto": True}) == 0.0
    assert parse_constraint(f"pareto == {word}").violation({"pareto": False}) == 1.0


def test_columns_of_a_question_can_be_known_beforehand():
    known = {"energy_j", "accuracy", "energy_by_component"}
    asked = "energy_by_component.adc subject to accuracy > 0.9"
    check_columns([parse_question(asked)], known)
    with pytest.raises(
        InputError, match=r"--best: must name a column \(got 'acuracy'\); did you mean 'accuracy'"
    ):
        check_columns([parse_question(asked), parse_question("energy_j subject to acuracy > 0.9")], known)


def test_the_answer_as_lines(table):
    lines = best_lines(find_best(table, "energy_j subject to accuracy > 0.98"), [BITS])
    assert lines == [
        "min energy_j subject to accuracy > 0.98: 3 of 5 rows within the limits",
        "best   point 2: energy_j 3.00 µJ, accuracy 98.50 % (97.54 % to 99.09 %)",
        "       tile.macro.adc.bits=5",
        "       accuracy > 0.98 holds by less than the noise: more images would tell",
    ]
    assert best_lines(find_best(table, "max accuracy"), [BITS])[3:] == [
        "ties   2 rows, equal or within the noise",
        "       point 3: accuracy 99.00 % (98.17 % to 99.46 %); tile.macro.adc.bits=6",
        "       point 2: accuracy 98.50 % (97.54 % to 99.09 %); tile.macro.adc.bits=5",
    ]


def test_settings_are_told_to_the_last_digit_that_a_sweep_keeps(table):
    for value in (123456789.0, 0.178851234567, 5e-8):
        lines = best_lines(find_best(table.assign(**{BITS: value}), "energy_j"), [BITS])
        assert float(lines[2].split("=")[1]) == value


def test_the_error_of_an_accuracy_is_better_when_small():
    assert (
        not parse_question("accuracy_mc_se").objective.is_max and parse_question("accuracy").objective.is_max
    )


def test_no_row_within_the_limits_is_said_with_the_nearest(table):
    with pytest.raises(InputError) as caught:
        find_best(table, "energy_j subject to accuracy > 0.995, energy_j < 1.5e-6")
    assert str(caught.value) == (
        "--best: must leave at least one of 5 finished rows; accuracy > 0.995 holds for 0 rows, "
        "the nearest has 0.991; energy_j < 1.5e-06 holds for 1 row"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a column"),
        ("least energy_j", "must be a column"),
        ("energy_j subject to", "must be a column"),
        ("energy_j subject to accuracy", "one of < <= > >= =="),
        ("energy_j subject to accuracy != 3", "one of < <= > >= =="),
        ("energy_j subject to accuracy > high", "must compare accuracy with a number by >"),
        ("energy_j subject to accuracy > __import__('os')", "must compare accuracy with a number by >"),
        ("energy_j subject to latency_s < 3 kg", "must be in units of second"),
        ("energy_j subject to accuracy > 3 J", "must compare accuracy with a bare number"),
        ("energy_j subject to ops_per_j > 3 J", "must compare ops_per_j with a bare number"),
        ("accuracy subject to energy_j < 5 %", "must not compare energy_j with percent"),
        ("energy", "did you mean 'energy_j'"),
        ("energy_j subject to acuracy > 0.9", "did you mean 'accuracy'"),
        ("energy_j subject to status > 0.9", "column of numbers, which status is not"),
    ],
)
def test_what_cannot_be_understood_is_one_message(table, text, message):
    with pytest.raises(InputError, match=message):
        find_best(table, text)


@pytest.mark.parametrize(
    ("text", "row", "wanted"),
    [
        ("a < 2", {"a": 1.0}, 0.0),
        ("a < 2", {"a": 3.0}, 0.5),
        ("a < 2", {"a": 2.0}, 1e-9),
        ("a <= 2", {"a": 2.0}, 0.0),
        ("a > 0", {"a": -3.0}, 3.0),
        ("a < 2", {}, float("inf")),
        ("a == word", {"a": "other"}, 1.0),
    ],
)
def test_a_violation_grows_with_the_distance(text, row, wanted):
    assert parse_constraint(text).violation(row) == pytest.approx(wanted)
