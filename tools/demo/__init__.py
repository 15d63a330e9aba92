"""`make demo`: a page on which to draw digits and watch all networks read them."""
