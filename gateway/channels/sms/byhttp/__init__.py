"""What the SMS vendors that speak HTTP have in common: the doors by which they push, the calls by which we send."""
