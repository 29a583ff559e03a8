WALK = [
    "cleo @coordination: !digest",
    "cleo @coordination: !review in 3 weeks cases: {ref} because: it is half a year",
]
