"""Where a network meets a chip: placement, folding, Program."""
