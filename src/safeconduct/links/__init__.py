"""What carries requests to other nodes."""
