"""Tables, figures and files made from a RunResult."""
