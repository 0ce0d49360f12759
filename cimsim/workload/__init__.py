"""What a network is; knows nothing of hardware."""
