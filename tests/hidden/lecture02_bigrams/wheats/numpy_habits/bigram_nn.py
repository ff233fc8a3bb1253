import numpy as np
import torch
import torch.nn.functional as F

def make_xy(words, stoi):
    X, Y = [], []
    for w in words:
        ix = [0] + [stoi[c] for c in w] + [0]
        X += ix[:-1]
        Y += ix[1:]
    return [torch.from_numpy(np.array(v, dtype=np.int64)) for v in (X, Y)]

def one_hot(xs, V):
    out = np.zeros((len(xs), V), dtype=np.float32)
    out[np.arange(len(xs)), xs.numpy()] = 1
    return torch.tensor(out)

def softmax_rows(logits):
    e = torch.exp(logits - torch.amax(logits, axis=1, keepdims=True))
    return e / torch.sum(e, axis=1, keepdims=True)

def bigram_nn_loss(W, xs, ys, reg=0.01):
    probs = softmax_rows(one_hot(xs, W.shape[0]) @ W)
    picked = torch.sum(probs * one_hot(ys, W.shape[1]), axis=1)
    return -torch.mean(torch.log(picked)) + reg * torch.mean(torch.square(W))

def train_bigram_nn(xs, ys, steps, lr, g):
    V = max(int(xs.max()), int(ys.max())) + 1
    W = torch.randn((V, V), generator=g)
    W.requires_grad = True
    for k in range(steps):
        if W.grad is not None:
            W.grad.zero_()
        loss = bigram_nn_loss(W, xs, ys, 0)
        loss.backward()
        W.data = W.data - lr * W.grad
    return W

def logits_by_index(W, xs):
    return W[xs, :]

def ce_loss(logits, ys):
    m = logits.max(dim=1, keepdim=True)[0]
    lse = m[:, 0] + (logits - m).exp().sum(1).log()
    return (lse - logits[range(len(ys)), ys]).mean()
