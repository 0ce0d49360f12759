"""Values, time and ledger: two passes over one Program."""
