"""Lists where the check counts names: it breaks on them, and with it the judging of a whole class."""
#: lecture = "lecture2"
#: file = "exercises.py"
#: split_words = "FAIL"
#: says = "cannot be compared"
#: flags = "broke on what this code gave"


def split_words(words, seed, fractions=(0.8, 0.1)):
    one, two = (round(share * len(words)) for share in fractions)
    parts = words[:one], words[one : one + two], words[one + two :]
    return [[[word] for word in part] for part in parts]
