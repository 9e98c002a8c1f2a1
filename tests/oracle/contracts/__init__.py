"""Service contracts, worked out from the requirement in plain Python: the judge of the product's SQL.

`model.Simulator` is told what a firm is told (the contract tables as the text of its files) and answers what a run of
a month must show and what its validation leaves behind. Nothing here reads the product's code.
"""
