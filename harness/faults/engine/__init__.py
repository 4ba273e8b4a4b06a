"""What toxics do to bytes on their way: without sockets and without a clock."""
