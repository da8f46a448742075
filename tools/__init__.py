"""Scripts around the gateway: setting a machine up, running it by hand, and the lab that tests and benchmarks use."""
