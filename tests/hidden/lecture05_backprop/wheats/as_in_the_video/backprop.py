import torch
import torch.nn.functional as F

def cross_entropy_backward(logits, Yb):
    n = logits.shape[0]
    print('logits', logits.shape)
    dlogits = F.softmax(logits, 1)
    dlogits[range(n), Yb] -= 1
    dlogits /= n
    return dlogits

def batchnorm_backward(dhpreact, bnraw, bngain, bnvar_inv):
    n = len(dhpreact)
    return bngain*bnvar_inv/n * (n*dhpreact - dhpreact.sum(0) - n/(n-1)*bnraw*(dhpreact*bnraw).sum(0))
