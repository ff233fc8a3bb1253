"""The figures that lecture 2 quotes, from its own solutions on the lecture's own names.

`ZTH_DATA` names the folder with names.txt. Where it is not set these tests are skipped, and say so;
under CI they fail instead: a figure that nobody measures is not to be quoted.
"""

import os
from pathlib import Path
from types import ModuleType

import pytest
import torch

from grader.course.manifest import load_course
from grader.judge.solutions import Solutions

COURSE = Path(__file__).resolve().parents[2]
WITHOUT_DATA = (
    "LECTURE 2'S FIGURES WERE NOT CHECKED: set ZTH_DATA to the folder that holds names.txt "
    "(`zth data` fetches it)."
)
SEED = 2147483647
"""The notebook's."""
GRID = [0.01, 0.03, 0.1, 0.3, 1, 3, 10]


@pytest.fixture(scope="module")
def words() -> list[str]:
    folder = os.environ.get("ZTH_DATA")
    if not folder and not os.environ.get("CI"):
        pytest.skip(WITHOUT_DATA)
    if not folder:
        pytest.fail(WITHOUT_DATA)
    return (Path(folder) / "names.txt").read_text(encoding="utf-8").split()


@pytest.fixture(scope="module")
def solutions() -> Solutions:
    course = load_course(COURSE)
    lecture = next(lecture for lecture in course.lectures if lecture.id == "lecture2")
    torch.set_num_threads(1)
    return Solutions(course, lecture)


@pytest.fixture(scope="module")
def bigram(solutions: Solutions) -> ModuleType:
    return solutions.modules.module("bigram")


@pytest.fixture(scope="module")
def bigram_nn(solutions: Solutions) -> ModuleType:
    return solutions.modules.module("bigram_nn")


@pytest.fixture(scope="module")
def exercises(solutions: Solutions) -> ModuleType:
    return solutions.modules.module("exercises")


@pytest.fixture(scope="module")
def stoi(bigram: ModuleType, words: list[str]) -> dict[str, int]:
    return bigram.build_vocab(words)[0]


@pytest.fixture(scope="module")
def counts(bigram: ModuleType, words: list[str], stoi: dict[str, int]) -> torch.Tensor:
    return bigram.bigram_counts(words, stoi)


def mean_nll(P: torch.Tensor, N: torch.Tensor) -> float:
    """What nll gives for the names counted in N, without the loop over them."""
    logs = torch.where(N > 0, P.double().log(), 0.0)
    return float(-(N * logs).sum() / N.sum())


def along(N: torch.Tensor, axis: int, smoothing: float) -> torch.Tensor:
    return (N + smoothing).double() / (N + smoothing).double().sum(axis, keepdim=True)


def test_the_lectures_names_and_their_pairs(words, stoi, counts):
    assert len(words) == 32_033
    assert len(stoi) == 27
    assert counts.sum() == 228_146
    assert (counts == 0).sum() == 102
    commonest = {"n.": 6763, "a.": 6640, "an": 5438, ".a": 4410}
    assert {pair: counts[stoi[pair[0]], stoi[pair[1]]] for pair in commonest} == commonest


def test_the_bigram_tables_losses(bigram, words, stoi, counts):
    for smoothing, figure in ((0, 2.4540143), (1, 2.4545767)):
        P = bigram.normalize_rows(counts, smoothing)
        assert bigram.nll(P, words, stoi) == pytest.approx(figure, abs=1e-6)
    uniform = bigram.normalize_rows(torch.ones_like(counts))
    assert bigram.nll(uniform, words[:100], stoi) == pytest.approx(3.2958, abs=5e-5)


def test_a_missing_keepdim_does_not_show_in_the_loss(counts):
    smoothed = (counts + 1).double()
    by_rows, by_columns = along(counts, 1, 1), smoothed / smoothed.sum(1)
    assert not torch.allclose(by_rows, by_columns, atol=0.1)
    # 2.4545767 from a table in float32
    assert mean_nll(by_rows, counts) == pytest.approx(2.4545768, abs=1e-7)
    assert mean_nll(by_columns, counts) == pytest.approx(2.4545768, abs=1e-7)


def test_emmas_loss_before_and_after_a_step(bigram, bigram_nn, words):
    stoi, _ = bigram.build_vocab(words)
    xs, ys = bigram_nn.make_xy(words[:1], stoi)
    g = torch.Generator().manual_seed(SEED)
    W = torch.randn((27, 27), generator=g, requires_grad=True)
    first = bigram_nn.bigram_nn_loss(W, xs, ys, reg=0)
    first.backward()
    W.data += -0.1 * W.grad
    after = bigram_nn.bigram_nn_loss(W, xs, ys, reg=0)
    assert (words[0], first.item(), after.item()) == (
        "emma",
        pytest.approx(3.7693, abs=5e-5),
        pytest.approx(3.7492, abs=5e-5),
    )


def test_the_network_comes_down_to_the_lectures_losses(bigram_nn, words, stoi, monkeypatch):
    """Two hundred steps on 228,146 examples: some twenty seconds."""
    losses = []
    loss_of = bigram_nn.bigram_nn_loss

    def noted(*args, **kwargs):
        loss = loss_of(*args, **kwargs)
        losses.append(loss.item())
        return loss

    monkeypatch.setattr(bigram_nn, "bigram_nn_loss", noted)
    xs, ys = bigram_nn.make_xy(words, stoi)
    assert len(xs) == 228_146
    g = torch.Generator().manual_seed(SEED)
    W = bigram_nn.train_bigram_nn(xs, ys, 200, 50.0, g).detach()
    # before any step, in the hundredth step and in the last, as the lecture prints them
    printed = [losses[0], losses[99], losses[199]]
    assert printed == pytest.approx([3.7590, 2.4729, 2.4624], abs=5e-5)
    W = torch.randn((27, 27), generator=torch.Generator().manual_seed(SEED))
    assert loss_of(W, xs, ys).item() == pytest.approx(3.7686, abs=5e-5)


def test_trigrams_along_the_right_axis_and_the_wrong_ones(exercises, words, stoi):
    two, one = (exercises.trigram_counts(words, stoi, pad) for pad in (2, 1))
    assert (two.sum(), one.sum()) == (228_146, 196_113)
    assert mean_nll(along(two, 2, 1), two) == pytest.approx(2.2126, abs=5e-5)
    assert mean_nll(along(one, 2, 1), one) == pytest.approx(2.0931, abs=5e-5)
    assert mean_nll(along(two, 1, 1), two) == pytest.approx(1.8653, abs=5e-5)
    assert exercises.trigram_nll(two, words, stoi, 1) == pytest.approx(2.2126, abs=5e-5)


def test_the_parts_and_what_no_shuffle_would_do(bigram, exercises, words, stoi):
    parts = exercises.split_words(words, seed=42)
    assert [len(part) for part in parts] == [25_626, 3_203, 3_204]
    assert [sum(len(w) + 1 for w in part) for part in parts] == [182_625, 22_655, 22_866]
    N = [bigram.bigram_counts(part, stoi) for part in (words[:25_626], words[25_626:28_829])]
    P = bigram.normalize_rows(N[0], 1)
    assert [mean_nll(P, n) for n in N] == pytest.approx([2.4250, 2.5911], abs=5e-5)


def test_the_smoothing_that_is_best_on_dev(exercises, words, stoi):
    """Every nll of the rows is a loop over the names: some ten seconds."""
    train, dev, _ = exercises.split_words(words, seed=42)
    best, rows = exercises.tune_smoothing(train, dev, stoi, [0.03, 0.1, 0.3, 1, 3])
    assert best == 0.3
    assert {s: on_dev for s, _, on_dev in rows}[0.3] == pytest.approx(2.4530, abs=5e-5)
    counted, unseen = (exercises.trigram_counts(part, stoi) for part in (train, dev))
    losses = {s: mean_nll(along(counted, 2, s), unseen) for s in GRID}
    assert min(losses, key=losses.__getitem__) == 0.1
    assert losses[0.1] == pytest.approx(2.2225, abs=5e-5)
