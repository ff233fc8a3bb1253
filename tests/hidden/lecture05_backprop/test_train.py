"""The end of exercise 1 and exercise 4: all gradients at once, and ten steps of training."""

from grader import exercise

# (1, H) or (H,): broadcasting makes no difference, and the lecture's own lines do both.
LOOSE_SHAPE = {"bngain", "bnbias", "bnvar_inv", "bnvar", "bnmeani", "b1", "b2"}


@exercise("manual_backward")
def test_manual_backward(judge, small, names):
    """All 26 gradients are autograd's, from logprobs back to C."""

    def probe(train, Xb, Yb, parameters):
        return train.manual_backward(Xb, Yb, parameters)

    judge(probe, small).is_close(small.gradients, loose_shape=LOOSE_SHAPE)
    judge(probe, names).is_close(names.gradients, loose_shape=LOOSE_SHAPE)


@exercise("train_by_hand")
def test_train_by_hand(judge, short_run):
    """Ten steps on batches of different sizes: each loss, and then each parameter, is autograd's."""

    def probe(train, parameters, batches, lr):
        losses = train.train_by_hand(parameters, batches, lr)
        C, W1, b1, W2, b2, bngain, bnbias = parameters
        seen = {"losses": [float(loss) for loss in losses], "C": C, "W1": W1, "b1": b1}
        return seen | {"W2": W2, "b2": b2, "bngain": bngain, "bnbias": bnbias}

    expected = {"losses": short_run.losses} | short_run.trained
    judge(probe, short_run, may_change=("parameters",)).is_close_or_rounded(expected)


@exercise("train_by_hand")
def test_train_by_hand_on_names(judge, names_run):
    """Ten steps on names, at the default learning rate of 0.1, end where autograd's run ends."""

    def probe(train, parameters, batches):
        losses = train.train_by_hand(parameters, batches)
        C, W1, b1, W2, b2, bngain, bnbias = parameters
        seen = {"losses": [float(loss) for loss in losses], "C": C, "W1": W1, "b1": b1}
        return seen | {"W2": W2, "b2": b2, "bngain": bngain, "bnbias": bnbias}

    expected = {"losses": names_run.losses} | names_run.trained
    judge(probe, names_run, may_change=("parameters",)).is_close_or_rounded(expected)
