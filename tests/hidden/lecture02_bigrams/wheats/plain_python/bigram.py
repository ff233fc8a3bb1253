import torch

def build_vocab(words):
    letters = []
    for word in words:
        for letter in word:
            if letter not in letters:
                letters.append(letter)
    letters.sort()
    stoi = {'.': 0}
    for letter in letters:
        stoi[letter] = len(stoi)
    itos = {}
    for letter in stoi:
        itos[stoi[letter]] = letter
    return [stoi, itos]

def bigram_counts(words, stoi):
    table = [[0] * len(stoi) for _ in stoi]
    for word in words:
        before = '.'
        for letter in word:
            table[stoi[before]][stoi[letter]] += 1
            before = letter
        table[stoi[before]][0] += 1
    return torch.tensor(table)

def normalize_rows(N, smoothing=0):
    P = torch.zeros(N.shape)
    for i in range(N.shape[0]):
        P[i] = (N[i] + smoothing) / (N[i] + smoothing).sum()
    return P

def sample_name(P, itos, g):
    def following(ix):
        nxt = torch.multinomial(P[ix], num_samples=1, generator=g)
        return nxt.item()
    ix = following(0)
    name = ''
    while ix != 0:
        name = name + itos[ix]
        ix = following(ix)
    return name

def nll(P, words, stoi):
    logs = []
    for word in words:
        word = '.' + word + '.'
        for i in range(len(word) - 1):
            logs.append(P[stoi[word[i]]][stoi[word[i + 1]]].log())
    return -sum(logs) / len(logs)
