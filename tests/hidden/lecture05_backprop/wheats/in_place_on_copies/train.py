import backprop
from atomic import bn_scale_backward, dhpreact as tanh_backward, forward, linear_backward
from atomic import dembedding
import torch


def manual_backward(Xb, Yb, parameters):
    # exercise 1 by way of exercises 2 and 3, with the inner gradients filled in afterwards
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    f = forward(Xb, Yb, parameters)
    n, V = f.n, C.size(0)
    target = torch.zeros_like(f.probs)
    target[torch.arange(n), Yb] = 1
    logits = backprop.cross_entropy_backward(f.logits, Yb)
    h, w2, bias2 = linear_backward(logits, f.h, W2)
    hpreact = tanh_backward(h, f.h)
    gain, raw, bias = bn_scale_backward(hpreact, f.bnraw, bngain)
    hprebn = backprop.batchnorm_backward(hpreact, f.bnraw, bngain, f.bnvar_inv)
    embcat, w1, bias1 = linear_backward(hprebn, f.embcat, W1)
    emb = embcat.view(n, Xb.size(1), -1)
    probs = -target / f.probs / n
    counts_sum_inv = (probs * f.counts).sum(1, keepdim=True)
    counts_sum = -counts_sum_inv / f.counts_sum**2
    counts = probs * f.counts_sum_inv + counts_sum
    norm_logits = counts * f.counts
    bnvar_inv = (raw * f.bndiff).sum(0, keepdim=True)
    bnvar = -bnvar_inv * f.bnvar_inv**3 / 2
    bndiff2 = (bnvar / (n - 1)).expand(n, -1)
    bndiff = raw * f.bnvar_inv + 2 * f.bndiff * bndiff2
    return dict(
        logprobs=-target / n, probs=probs, counts_sum_inv=counts_sum_inv, counts_sum=counts_sum,
        counts=counts, norm_logits=norm_logits, logit_maxes=-norm_logits.sum(1, keepdim=True),
        logits=logits, h=h, W2=w2, b2=bias2, hpreact=hpreact, bngain=gain, bnbias=bias, bnraw=raw,
        bnvar_inv=bnvar_inv, bnvar=bnvar, bndiff2=bndiff2, bndiff=bndiff, bnmeani=-bndiff.sum(0),
        hprebn=hprebn, embcat=embcat, W1=w1, b1=bias1, emb=emb, C=dembedding(emb, Xb, V),
        loss=f.loss,
    )


class Net:
    def __init__(self, parameters):
        self.parameters = parameters

    def step(self, Xb, Yb, lr):
        C, W1, b1, W2, b2, bngain, bnbias = self.parameters
        f = forward(Xb, Yb, self.parameters)
        dlogits = backprop.cross_entropy_backward(f.logits, Yb)
        dh, dW2, db2 = linear_backward(dlogits, f.h, W2)
        dpre = tanh_backward(dh, f.h)
        dgain, _, dbias = bn_scale_backward(dpre, f.bnraw, bngain)
        dprebn = backprop.batchnorm_backward(dpre, f.bnraw, bngain, f.bnvar_inv)
        dcat, dW1, db1 = linear_backward(dprebn, f.embcat, W1)
        dC = dembedding(dcat.view_as(f.emb), Xb, C.size(0))
        for p, grad in zip(self.parameters, [dC, dW1, db1, dW2, db2, dgain, dbias]):
            p.sub_(grad.view_as(p), alpha=lr)
        return float(f.loss)


def train_by_hand(parameters, batches, lr=0.1):
    net = Net(parameters)
    return [net.step(Xb, Yb, lr) for Xb, Yb in batches]
