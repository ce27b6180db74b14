"""What the commands show: progress on standard error, results on standard output."""
