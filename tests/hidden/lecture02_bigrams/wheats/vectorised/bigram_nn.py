import torch
import torch.nn.functional as F


def make_xy(words, stoi):
    text = [stoi[ch] for ch in "." + ".".join(words) + "."] if words else []
    return torch.LongTensor(text[:-1]), torch.LongTensor(text[1:])


def one_hot(xs, V):
    return torch.eye(V)[xs]


def softmax_rows(logits):
    return (logits - logits.logsumexp(1, keepdim=True)).exp()


def bigram_nn_loss(W, xs, ys, reg=0.01):
    logp = W - W.logsumexp(dim=1, keepdim=True)
    return -logp[xs, ys].mean() + reg * W.pow(2).mean()


def train_bigram_nn(xs, ys, steps, lr, g):
    V = int(torch.cat([xs, ys]).max()) + 1
    W = torch.randn(V, V, generator=g).requires_grad_()
    for _ in range(steps):
        (grad,) = torch.autograd.grad(bigram_nn_loss(W, xs, ys, reg=0.0), W)
        with torch.no_grad():
            W -= lr * grad
    return W.detach()


def logits_by_index(W, xs):
    return torch.index_select(W, 0, xs)


def ce_loss(logits, ys):
    return torch.nn.CrossEntropyLoss()(logits, ys)
