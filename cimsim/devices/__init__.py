"""Physics of one element: junctions and transistors."""
