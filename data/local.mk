# Knowledge without code.
