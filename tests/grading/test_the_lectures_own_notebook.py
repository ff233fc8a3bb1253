# ruff: noqa: E501 - the cells are as the lecture has them
"""A notebook with the lecture's own cells above the learner's functions, and the same cells as a .py."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from judging import WarmJudge

from grader.course.manifest import Course, Lecture, bundled_course, load_course
from grader.course.targets import Selection
from grader.grading.source_matching import submission_from
from grader.grading.submitted_files import SubmittedFiles
from grader.results import Outcome
from grader.sandbox.isolation import Isolation

STARTER = [
    "# there no change change in the first several cells from last lecture",
    "import torch\nimport torch.nn.functional as F\nimport matplotlib.pyplot as plt # for making figures\n"
    "%matplotlib inline",
    "# download the names.txt file from github\n!wget https://raw.githubusercontent.com/x/names.txt",
    "# read in all the words\nwords = open('names.txt', 'r').read().splitlines()\nprint(len(words))\n"
    "print(max(len(w) for w in words))\nprint(words[:8])",
    "# build the vocabulary of characters and mappings to/from integers\n"
    "chars = sorted(list(set(''.join(words))))\nstoi = {s:i+1 for i,s in enumerate(chars)}\n"
    "stoi['.'] = 0\nitos = {i:s for s,i in stoi.items()}\nvocab_size = len(itos)\nprint(itos)",
    "block_size = 3\ndef build_dataset(words):\n  X, Y = [], []\n  for w in words:\n"
    "    context = [0] * block_size\n    for ch in w + '.':\n      ix = stoi[ch]\n      X.append(context)\n"
    "      Y.append(ix)\n      context = context[1:] + [ix]\n  return torch.tensor(X), torch.tensor(Y)\n"
    "import random\nrandom.seed(42)\nrandom.shuffle(words)\nn1 = int(0.8*len(words))\n"
    "Xtr, Ytr = build_dataset(words[:n1])",
    "# utility function we will use later when comparing manual gradients to PyTorch gradients\n"
    "def cmp(s, dt, t):\n  ex = torch.all(dt == t.grad).item()\n  print(f'{s:15s} | exact: {str(ex):5s}')",
    "n_embd = 10\nn_hidden = 64\ng = torch.Generator().manual_seed(2147483647)\n"
    "C = torch.randn((vocab_size, n_embd), generator=g)\nW1 = torch.randn((n_embd * block_size, n_hidden))\n"
    "W2 = torch.randn((n_hidden, vocab_size), generator=g) * 0.1\nb2 = torch.randn(vocab_size) * 0.1\n"
    "parameters = [C, W1, W2, b2]\nfor p in parameters:\n  p.requires_grad = True",
    "batch_size = 32\nn = batch_size\nix = torch.randint(0, Xtr.shape[0], (batch_size,), generator=g)\n"
    "Xb, Yb = Xtr[ix], Ytr[ix]",
    "emb = C[Xb]\nembcat = emb.view(emb.shape[0], -1)\nh = torch.tanh(embcat @ W1)\nlogits = h @ W2 + b2\n"
    "logit_maxes = logits.max(1, keepdim=True).values\nnorm_logits = logits - logit_maxes\n"
    "counts = norm_logits.exp()\ncounts_sum = counts.sum(1, keepdims=True)\n"
    "counts_sum_inv = counts_sum**-1\nprobs = counts * counts_sum_inv\nlogprobs = probs.log()\n"
    "loss = -logprobs[range(n), Yb].mean()\nfor p in parameters:\n  p.grad = None\n"
    "for t in [logprobs, probs, counts]:\n  t.retain_grad()\nloss.backward()\nloss",
    "# Exercise 1: backprop through the whole thing manually\n"
    "dlogprobs = torch.zeros_like(logprobs)\ndlogprobs[range(n), Yb] = -1.0/n\n"
    "dprobs = (1.0 / probs) * dlogprobs\ndcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)\n"
    "dcounts = counts_sum_inv * dprobs\ndcounts_sum = (-counts_sum**-2) * dcounts_sum_inv\n"
    "dlogits = F.softmax(logits, 1)\ncmp('logprobs', dlogprobs, logprobs)\ncmp('probs', dprobs, probs)",
]
SCRATCH = [
    "dprobs = dprobs(dlogprobs, probs)",
    "dlogits = dlogits(dprobs, counts)\nprint(dlogits.shape)",
    "import seaborn as sns\nsns.heatmap(dlogits.detach())",
    "plt.figure(figsize=(8, 8))\nplt.imshow(dlogits.detach(), cmap='gray')",
]


@pytest.fixture(scope="module")
def course() -> Course:
    return load_course(bundled_course())


@pytest.fixture(scope="module")
def lecture(course: Course) -> Lecture:
    return course.lecture("lecture5")


@pytest.fixture(scope="module", params=["with the data", "without"])
def class_judge(
    course: Course, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WarmJudge]:
    """Whether names.txt is there must not matter to anybody: no exercise needs it."""
    path = tmp_path_factory.mktemp("data") / "names.txt"
    path.write_text("emma\nolivia\nava\n" * 50)
    data = {"names.txt": path} if request.param == "with the data" else {}
    with WarmJudge(course, Isolation.FORK, data=data) as judge:
        yield judge


def learners(course: Course, lecture: Lecture) -> list[str]:
    """The worked files as cells, without their markers."""
    folder = course.solutions(lecture)
    texts = [(folder / file).read_text(encoding="utf-8") for file in lecture.files]
    plain = [re.sub(r" *### (BEGIN|END) SOLUTION.*\n?", "", text) for text in texts]
    return [cell for text in plain for cell in text.split("\n\n\n")]


def wrong(judge: WarmJudge, lecture: Lecture, files: dict[str, bytes]) -> dict[str, str]:
    """The exercises that do not pass, and what is said of them."""
    submission = submission_from(SubmittedFiles(files), lecture).submission
    whole = Selection(lecture, lecture.exercise)
    result = judge.opened.judge(whole, submission, on_data=False, brief=True)
    return {e.id: e.checks[0].message for e in result.exercises if e.outcome is not Outcome.PASS}


def notebook(cells: list[str]) -> bytes:
    made = [{"cell_type": "code", "metadata": {}, "source": cell} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": made}).encode()


def test_wrong_work_among_the_lectures_cells_is_wrong(
    class_judge: WarmJudge, course: Course, lecture: Lecture
) -> None:
    spoilt = "def dprobs(dlogprobs, probs):\n    return dlogprobs * probs"
    cells = [*STARTER, *learners(course, lecture), spoilt, *SCRATCH]
    assert "dprobs" in wrong(class_judge, lecture, {"bob.ipynb": notebook(cells)})


def test_right_work_among_the_lectures_cells_is_right(
    class_judge: WarmJudge, course: Course, lecture: Lecture
) -> None:
    mine = learners(course, lecture)
    for cells in ([*STARTER, *mine], [*STARTER, *mine, *SCRATCH], [*mine, *STARTER]):
        assert wrong(class_judge, lecture, {"bob.ipynb": notebook(cells)}) == {}


def test_the_same_cells_as_a_script_are_right(
    class_judge: WarmJudge, course: Course, lecture: Lecture
) -> None:
    """As Colab downloads them, magics and all; and as nbconvert writes them."""
    colab = [
        "# -*- coding: utf-8 -*-",
        "!pip install -q torch\n%cd /content",
        "from google.colab import drive\ndrive.mount('/content/drive')",
        "import torch, seaborn\nfrom tqdm.auto import tqdm",
    ]
    cells = [*colab, *learners(course, lecture), *SCRATCH]
    assert wrong(class_judge, lecture, {"bob.py": "\n\n".join(cells).encode()}) == {}
    for magic, written in (
        ("!pip install -q torch", "get_ipython().system('pip install -q torch')"),
        ("%cd /content", "get_ipython().run_line_magic('cd', '/content')"),
    ):
        cells[1] = cells[1].replace(magic, written)
    assert wrong(class_judge, lecture, {"bob.py": "\n\n".join(cells).encode()}) == {}


def test_what_a_file_gives_to_others_only_is_missed_by_them_alone(
    class_judge: WarmJudge, course: Course, lecture: Lecture
) -> None:
    """manual_backward needs atomic.py, and nothing of backprop.py."""
    folder = course.solutions(lecture)
    files = {name: (folder / name).read_bytes() for name in ("atomic.py", "train.py")}
    in_backprop = {e.id for e in lecture.exercise if e.file == "backprop.py"}
    for spoilt in (
        None,
        b"def cross_entropy_backward(:\n",
        "x = ‘a’\n".encode(),
        b"# \xf6\n",
        b"\0",
    ):
        given = files if spoilt is None else {**files, "backprop.py": spoilt}
        assert set(wrong(class_judge, lecture, given)) == {*in_backprop, "train_by_hand"}
