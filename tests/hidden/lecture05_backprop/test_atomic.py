"""Exercise 1: each link of the chain against autograd, alone.

A link is judged twice. On `drawn` the gradient that arrives is random, and the expected one is
autograd's for that one step. On `names` everything is as in the lecture.
"""

import torch

from grader import exercise, gradient_of


@exercise("dlogprobs")
def test_dlogprobs(judge, drawn, names):
    """dlogprobs is autograd's gradient of -logprobs[range(n), Yb].mean()."""

    def probe(atomic, Yb, n, V):
        return atomic.dlogprobs(Yb, n, V)

    def step(logprobs):
        return -logprobs[range(drawn.n), drawn.Yb].mean()

    judge(probe, drawn).is_close(gradient_of(step, drawn.logprobs))
    judge(probe, names).is_close(names.dlogprobs)


@exercise("dprobs")
def test_dprobs(judge, drawn, names):
    """dprobs is autograd's gradient through probs.log()."""

    def probe(atomic, dlogprobs, probs):
        return atomic.dprobs(dlogprobs, probs)

    def step(probs):
        return (drawn.dlogprobs * probs.log()).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.probs))
    judge(probe, names).is_close(names.dprobs)


@exercise("dcounts_sum_inv")
def test_dcounts_sum_inv(judge, drawn, names):
    """dcounts_sum_inv is autograd's gradient through counts * counts_sum_inv, one number per row."""

    def probe(atomic, dprobs, counts):
        return atomic.dcounts_sum_inv(dprobs, counts)

    def step(counts_sum_inv):
        return (drawn.dprobs * (drawn.counts * counts_sum_inv)).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.counts_sum_inv))
    judge(probe, names).is_close(names.dcounts_sum_inv)


@exercise("dcounts_sum")
def test_dcounts_sum(judge, drawn, names):
    """dcounts_sum is autograd's gradient through counts_sum**-1."""

    def probe(atomic, dcounts_sum_inv, counts_sum):
        return atomic.dcounts_sum(dcounts_sum_inv, counts_sum)

    def step(counts_sum):
        return (drawn.dcounts_sum_inv * counts_sum**-1).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.counts_sum))
    judge(probe, names).is_close(names.dcounts_sum)


@exercise("dcounts")
def test_dcounts(judge, drawn, names):
    """dcounts is autograd's gradient through both lines that use counts."""

    def probe(atomic, dprobs, dcounts_sum, counts, counts_sum_inv):
        return atomic.dcounts(dprobs, dcounts_sum, counts, counts_sum_inv)

    def step(counts):
        probs = counts * drawn.counts_sum_inv
        counts_sum = counts.sum(1, keepdim=True)
        return (drawn.dprobs * probs).sum() + (drawn.dcounts_sum * counts_sum).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.counts))
    judge(probe, names).is_close(names.dcounts)


@exercise("dnorm_logits")
def test_dnorm_logits(judge, drawn, names):
    """dnorm_logits is autograd's gradient through norm_logits.exp()."""

    def probe(atomic, dcounts, counts):
        return atomic.dnorm_logits(dcounts, counts)

    def step(norm_logits):
        return (drawn.dcounts * norm_logits.exp()).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.norm_logits))
    judge(probe, names).is_close(names.dnorm_logits)


@exercise("dlogit_maxes")
def test_dlogit_maxes(judge, drawn, names):
    """dlogit_maxes is autograd's gradient through logits - logit_maxes, one number per row."""

    def probe(atomic, dnorm_logits):
        return atomic.dlogit_maxes(dnorm_logits)

    def step(logit_maxes):
        return (drawn.dnorm_logits * (drawn.logits - logit_maxes)).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.logit_maxes))
    judge(probe, names).is_close(names.dlogit_maxes)


@exercise("dlogits")
def test_dlogits(judge, drawn, names):
    """dlogits is autograd's gradient through the subtraction and through the maximum."""

    def probe(atomic, dnorm_logits, dlogit_maxes, logits):
        return atomic.dlogits(dnorm_logits, dlogit_maxes, logits)

    def step(logits):
        norm_logits = logits - drawn.logit_maxes
        logit_maxes = logits.max(1, keepdim=True).values
        return (drawn.dnorm_logits * norm_logits).sum() + (drawn.dlogit_maxes * logit_maxes).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.logits))
    judge(probe, names).is_close(names.dlogits)


@exercise("linear_backward")
def test_linear_backward(judge, drawn, names):
    """dx, dW and db are autograd's gradients of x @ W + b, in this order."""

    def probe(atomic, dlogits, h, W2):
        dx, dW, db = atomic.linear_backward(dlogits, h, W2)
        return {"dx": dx, "dW": dW, "db": db}

    def step(h, W2, b2):
        return (drawn.dlogits * (h @ W2 + b2)).sum()

    dh, dW2, db2 = gradient_of(step, drawn.h, drawn.W2, drawn.b2)
    judge(probe, drawn).is_close({"dx": dh, "dW": dW2, "db": db2})
    judge(probe, names).is_close({"dx": names.dh, "dW": names.dW2, "db": names.db2})


@exercise("dhpreact")
def test_dhpreact(judge, drawn, names):
    """dhpreact is autograd's gradient through tanh."""

    def probe(atomic, dh, h):
        return atomic.dhpreact(dh, h)

    def step(hpreact):
        return (drawn.dh * torch.tanh(hpreact)).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.hpreact))
    judge(probe, names).is_close(names.dhpreact)


@exercise("bn_scale_backward")
def test_bn_scale_backward(judge, drawn, names):
    """dbngain, dbnraw and dbnbias are autograd's gradients of bngain * bnraw + bnbias."""

    def probe(atomic, dhpreact, bnraw, bngain):
        dbngain, dbnraw, dbnbias = atomic.bn_scale_backward(dhpreact, bnraw, bngain)
        return {"dbngain": dbngain, "dbnraw": dbnraw, "dbnbias": dbnbias}

    def step(bngain, bnraw, bnbias):
        return (drawn.dhpreact * (bngain * bnraw + bnbias)).sum()

    dbngain, dbnraw, dbnbias = gradient_of(step, drawn.bngain, drawn.bnraw, drawn.bnbias)
    loose = {"dbngain", "dbnbias"}
    expected = {"dbngain": dbngain, "dbnraw": dbnraw, "dbnbias": dbnbias}
    judge(probe, drawn).is_close(expected, loose_shape=loose)
    expected = {"dbngain": names.dbngain, "dbnraw": names.dbnraw, "dbnbias": names.dbnbias}
    judge(probe, names).is_close(expected, loose_shape=loose)


@exercise("dbnvar_inv")
def test_dbnvar_inv(judge, drawn, names):
    """dbnvar_inv is autograd's gradient through bndiff * bnvar_inv, one number per hidden unit."""

    def probe(atomic, dbnraw, bndiff):
        return atomic.dbnvar_inv(dbnraw, bndiff)

    def step(bnvar_inv):
        return (drawn.dbnraw * (drawn.bndiff * bnvar_inv)).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.bnvar_inv), loose_shape=True)
    judge(probe, names).is_close(names.dbnvar_inv, loose_shape=True)


@exercise("dbnvar")
def test_dbnvar(judge, drawn, names):
    """dbnvar is autograd's gradient through (bnvar + 1e-5)**-0.5."""

    def probe(atomic, dbnvar_inv, bnvar):
        return atomic.dbnvar(dbnvar_inv, bnvar)

    def step(bnvar):
        return (drawn.dbnvar_inv * (bnvar + 1e-5) ** -0.5).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.bnvar), loose_shape=True)
    judge(probe, names).is_close(names.dbnvar, loose_shape=True)


@exercise("dbndiff2")
def test_dbndiff2(judge, drawn, names):
    """dbndiff2 is autograd's gradient through 1/(n-1) * bndiff2.sum(0), a number for each example."""

    def probe(atomic, dbnvar, bndiff2, n):
        return atomic.dbndiff2(dbnvar, bndiff2, n)

    def step(bndiff2):
        return (drawn.dbnvar * (1 / (drawn.n - 1) * bndiff2.sum(0, keepdim=True))).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.bndiff2))
    judge(probe, names).is_close(names.dbndiff2)


@exercise("dbndiff")
def test_dbndiff(judge, drawn, names):
    """dbndiff is autograd's gradient through both lines that use bndiff."""

    def probe(atomic, dbnraw, dbndiff2, bndiff, bnvar_inv):
        return atomic.dbndiff(dbnraw, dbndiff2, bndiff, bnvar_inv)

    def step(bndiff):
        bnraw, bndiff2 = bndiff * drawn.bnvar_inv, bndiff**2
        return (drawn.dbnraw * bnraw).sum() + (drawn.dbndiff2 * bndiff2).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.bndiff))
    judge(probe, names).is_close(names.dbndiff)


@exercise("dbnmeani")
def test_dbnmeani(judge, drawn, names):
    """dbnmeani is autograd's gradient through hprebn - bnmeani, one number per hidden unit."""

    def probe(atomic, dbndiff):
        return atomic.dbnmeani(dbndiff)

    def step(bnmeani):
        return (drawn.dbndiff * (drawn.hprebn - bnmeani)).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.bnmeani), loose_shape=True)
    judge(probe, names).is_close(names.dbnmeani, loose_shape=True)


@exercise("dhprebn")
def test_dhprebn(judge, drawn, names):
    """dhprebn is autograd's gradient through the subtraction and through the mean."""

    def probe(atomic, dbndiff, dbnmeani, hprebn, n):
        return atomic.dhprebn(dbndiff, dbnmeani, hprebn, n)

    def step(hprebn):
        bndiff = hprebn - drawn.bnmeani
        bnmeani = 1 / drawn.n * hprebn.sum(0, keepdim=True)
        return (drawn.dbndiff * bndiff).sum() + (drawn.dbnmeani * bnmeani).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.hprebn))
    judge(probe, names).is_close(names.dhprebn)


@exercise("dembcat")
def test_dembcat(judge, drawn, names):
    """dembcat is autograd's gradient through embcat @ W1 + b1."""

    def probe(atomic, dhprebn, W1):
        return atomic.dembcat(dhprebn, W1)

    def step(embcat):
        return (drawn.dhprebn * (embcat @ drawn.W1 + drawn.b1)).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.embcat))
    judge(probe, names).is_close(names.dembcat)


@exercise("demb")
def test_demb(judge, drawn, names):
    """demb holds the numbers of dembcat in the order and shape of emb."""

    def probe(atomic, dembcat, emb):
        return atomic.demb(dembcat, emb)

    def step(emb):
        return (drawn.dembcat * emb.view(drawn.n, -1)).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.emb))
    judge(probe, names).is_close(names.demb)


@exercise("dembedding")
def test_dembedding(judge, drawn, names):
    """The gradient of the table is autograd's through C[Xb]: every use of a row counts."""

    def probe(atomic, demb, Xb, V):
        return atomic.dembedding(demb, Xb, V)

    def step(C):
        return (drawn.demb * C[drawn.Xb]).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.C))
    judge(probe, names).is_close(names.dC)
