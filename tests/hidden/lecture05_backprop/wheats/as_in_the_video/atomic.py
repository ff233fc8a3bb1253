# my notes along with the video, cut into functions
import torch
import torch.nn.functional as F


def forward(Xb, Yb, parameters):
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    n = Xb.shape[0]
    emb = C[Xb]
    embcat = emb.view(emb.shape[0], -1)
    hprebn = embcat @ W1 + b1
    bnmeani = 1/n*hprebn.sum(0, keepdim=True)
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff**2
    bnvar = 1/(n-1)*(bndiff2).sum(0, keepdim=True)
    bnvar_inv = (bnvar + 1e-5)**-0.5
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = torch.tanh(hpreact)
    logits = h @ W2 + b2
    logit_maxes = logits.max(1, keepdim=True).values
    norm_logits = logits - logit_maxes
    counts = norm_logits.exp()
    counts_sum = counts.sum(1, keepdims=True)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = probs.log()
    loss = -logprobs[range(n), Yb].mean()

    class Names: pass
    f = Names()
    f.__dict__.update(locals())
    return f


def dlogprobs(Yb, n, V):
    dlogprobs = torch.zeros((n, V))
    dlogprobs[range(n), Yb] = -1.0/n
    return dlogprobs

def dprobs(dlogprobs, probs):
    dprobs = (1.0 / probs) * dlogprobs
    return dprobs

def dcounts_sum_inv(dprobs, counts):
    return (counts * dprobs).sum(1, keepdim=True)

def dcounts_sum(dcounts_sum_inv, counts_sum):
    return (-counts_sum**-2) * dcounts_sum_inv

def dcounts(dprobs, dcounts_sum, counts, counts_sum_inv):
    dcounts = counts_sum_inv * dprobs
    dcounts += torch.ones_like(counts) * dcounts_sum
    return dcounts

def dnorm_logits(dcounts, counts):
    return counts * dcounts

def dlogit_maxes(dnorm_logits):
    return (-dnorm_logits).sum(1, keepdim=True)

def dlogits(dnorm_logits, dlogit_maxes, logits):
    dlogits = dnorm_logits.clone()
    dlogits += F.one_hot(logits.max(1).indices, num_classes=logits.shape[1]) * dlogit_maxes
    return dlogits

def linear_backward(dlogits, h, W2):
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    return dh, dW2, db2

def dhpreact(dh, h):
    return (1.0 - h**2) * dh

def bn_scale_backward(dhpreact, bnraw, bngain):
    dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
    dbnraw = bngain * dhpreact
    dbnbias = dhpreact.sum(0)
    return dbngain, dbnraw, dbnbias

def dbnvar_inv(dbnraw, bndiff):
    return (bndiff * dbnraw).sum(0, keepdim=True)

def dbnvar(dbnvar_inv, bnvar):
    return (-0.5*(bnvar + 1e-5)**-1.5) * dbnvar_inv

def dbndiff2(dbnvar, bndiff2, n):
    return (1.0/(n-1))*torch.ones_like(bndiff2) * dbnvar

def dbndiff(dbnraw, dbndiff2, bndiff, bnvar_inv):
    dbndiff = bnvar_inv * dbnraw
    dbndiff += (2*bndiff) * dbndiff2
    return dbndiff

def dbnmeani(dbndiff):
    return (-dbndiff).sum(0)

def dhprebn(dbndiff, dbnmeani, hprebn, n):
    dhprebn = dbndiff.clone()
    dhprebn += 1.0/n * (torch.ones_like(hprebn) * dbnmeani)
    return dhprebn

def dembcat(dhprebn, W1):
    return dhprebn @ W1.T

def demb(dembcat, emb):
    return dembcat.view(emb.shape)

def dembedding(demb, Xb, V):
    dC = torch.zeros((V, demb.shape[-1]))
    for k in range(Xb.shape[0]):
        for j in range(Xb.shape[1]):
            ix = Xb[k,j]
            dC[ix] += demb[k,j]
    return dC
