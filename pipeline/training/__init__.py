"""Everything that determines the numbers of a training and the files it leaves."""
