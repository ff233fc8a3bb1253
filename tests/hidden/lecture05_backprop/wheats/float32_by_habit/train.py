import atomic
import torch
import torch.nn.functional as F
from atomic import *
from backprop import *


def manual_backward(Xb, Yb, parameters):
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    f = forward(Xb, Yb, parameters)
    g = {}
    g["logprobs"] = dlogprobs(Yb, f.n, f.V)
    g["probs"] = dprobs(g["logprobs"], f.probs)
    g["counts_sum_inv"] = dcounts_sum_inv(g["probs"], f.counts)
    g["counts_sum"] = dcounts_sum(g["counts_sum_inv"], f.counts_sum)
    g["counts"] = dcounts(g["probs"], g["counts_sum"], f.counts, f.counts_sum_inv)
    g["norm_logits"] = dnorm_logits(g["counts"], f.counts)
    g["logit_maxes"] = dlogit_maxes(g["norm_logits"])
    g["logits"] = dlogits(g["norm_logits"], g["logit_maxes"], f.logits)
    g["h"], g["W2"], g["b2"] = linear_backward(g["logits"], f.h, W2)
    g["hpreact"] = dhpreact(g["h"], f.h)
    g["bngain"], g["bnraw"], g["bnbias"] = bn_scale_backward(g["hpreact"], f.bnraw, bngain)
    g["bnvar_inv"] = dbnvar_inv(g["bnraw"], f.bndiff)
    g["bnvar"] = dbnvar(g["bnvar_inv"], f.bnvar)
    g["bndiff2"] = dbndiff2(g["bnvar"], f.bndiff2, f.n)
    g["bndiff"] = dbndiff(g["bnraw"], g["bndiff2"], f.bndiff, f.bnvar_inv)
    g["bnmeani"] = dbnmeani(g["bndiff"])
    g["hprebn"] = dhprebn(g["bndiff"], g["bnmeani"], f.hprebn, f.n)
    g["embcat"], g["W1"], g["b1"] = linear_backward(g["hprebn"], f.embcat, W1)
    g["emb"] = demb(g["embcat"], f.emb)
    g["C"] = dembedding(g["emb"], Xb, f.V)
    return g


def train_by_hand(parameters, batches, lr=0.1):
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    losses = []
    for Xb, Yb in batches:
        f = forward(Xb, Yb, parameters)
        dl = cross_entropy_backward(f.logits, Yb)
        dh, dW2, db2 = linear_backward(dl, f.h, W2)
        dpre = dhpreact(dh, f.h)
        dgain, _, dbias = bn_scale_backward(dpre, f.bnraw, bngain)
        dx, dW1, db1 = linear_backward(batchnorm_backward(dpre, f.bnraw, bngain, f.bnvar_inv), f.embcat, W1)
        dC = F.one_hot(Xb, f.V).float().view(-1, f.V).T @ dx.view(-1, C.shape[1])
        for p, g in zip(parameters, (dC, dW1, db1, dW2, db2, dgain, dbias)):
            p -= lr * g
        losses.append(f.loss)
    return torch.stack(losses)
