import torch
import torch.nn.functional as F
import matplotlib.pyplot as plt

def make_xy(words, stoi):
    # create the training set of bigrams (x,y)
    xs, ys = [], []
    for w in words:
        chs = ['.'] + list(w) + ['.']
        for ch1, ch2 in zip(chs, chs[1:]):
            ix1 = stoi[ch1]
            ix2 = stoi[ch2]
            xs.append(ix1)
            ys.append(ix2)
    xs = torch.tensor(xs)
    ys = torch.tensor(ys)
    return xs, ys

def one_hot(xs, V):
    xenc = F.one_hot(xs, num_classes=V).float()
    return xenc

def softmax_rows(logits):
    logits = logits - logits.max(1, keepdims=True).values
    counts = logits.exp() # counts, equivalent to N
    probs = counts / counts.sum(1, keepdims=True) # probabilities for next character
    return probs

def bigram_nn_loss(W, xs, ys, reg=0.01):
    num = xs.nelement()
    xenc = F.one_hot(xs, num_classes=W.shape[0]).float() # input to the network: one-hot encoding
    logits = xenc @ W # predict log-counts
    counts = logits.exp()
    probs = counts / counts.sum(1, keepdims=True)
    loss = -probs[torch.arange(num), ys].log().mean() + reg*(W**2).mean()
    return loss

def train_bigram_nn(xs, ys, steps, lr, g):
    num = xs.nelement()
    print('number of examples: ', num)
    # initialize the 'network'
    W = torch.randn((27, 27), generator=g, requires_grad=True)

    # gradient descent
    for k in range(steps):

        # forward pass
        xenc = F.one_hot(xs, num_classes=27).float()
        logits = xenc @ W
        counts = logits.exp()
        probs = counts / counts.sum(1, keepdims=True)
        loss = -probs[torch.arange(num), ys].log().mean() + 0.01*(W**2).mean()
        print(loss.item())

        # backward pass
        W.grad = None # set to zero the gradient
        loss.backward()

        # update
        W.data += -lr * W.grad
    return W

def logits_by_index(W, xs):
    return W[xs]

def ce_loss(logits, ys):
    return F.cross_entropy(logits, ys)
