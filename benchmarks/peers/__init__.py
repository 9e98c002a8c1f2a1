"""prefact side by side with billing programs of others, on the same flat monthly contracts.

`make bench-peers` builds an environment for each peer and runs the package. `portfolio` is what all of them bill;
`<system>_bench` does it with one system, in the environment of that system; `__main__` takes the turns, compares every
line and writes `RESULTS.md`. The modules that peers import use the standard library alone.
"""
