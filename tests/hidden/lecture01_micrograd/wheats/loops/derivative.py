def numerical_grad(f, args, h=0.000001):
    here = f(*args)
    result = []
    for i, x in enumerate(args):
        there = f(*(args[:i] + [x + h] + args[i + 1 :]))
        result.append((there - here) / h)
    return result


def moved(args, which, step):
    out = []
    for i in range(len(args)):
        if i == which:
            out.append(args[i] + step)
        else:
            out.append(args[i])
    return out


def symmetric_grad(f, args, h=0.001):
    grads = [0.0] * len(args)
    for i in range(len(args)):
        up = f(*moved(args, i, +h)) - f(*args)
        down = f(*args) - f(*moved(args, i, -h))
        # the mean of the slope on either side
        grads[i] = (up / h + down / h) / 2
    return grads


def gradf(a, b, c):
    from math import cos

    da = -3 * pow(a, 2) - 1 / 2 * pow(a, -1 / 2)
    db = cos(3 * b) * 3 + 2.5 * pow(b, 1.5)
    dc = pow(c, -2)
    print(da, db, dc)
    return [da, db, dc]
