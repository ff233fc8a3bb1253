# Clears after the step instead of before; softmax with the largest logit taken off first.
def zero_grad(params):
    for i in range(len(params)):
        params[i].grad = 0


def train_step(model, xs, ys, lr):
    loss = 0
    for i in range(len(xs)):
        ypred = model(xs[i])
        if isinstance(ypred, list):
            ypred = ypred[0]
        error = ypred - ys[i]
        loss = loss + error * error
    loss.backward()
    for p in model.parameters():
        p.data += -lr * p.grad
    zero_grad(model.parameters())
    return float(loss.data)


def softmax(logits):
    largest = max(logit.data for logit in logits)
    exps = []
    total = 0
    for logit in logits:
        exps.append((logit - largest).exp())
        total = exps[-1] + total
    return [e * total**-1 for e in exps]


def nll(probs, target):
    for i, p in enumerate(probs):
        if i == target:
            return p.log() * -1.0
