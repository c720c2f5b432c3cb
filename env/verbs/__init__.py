"""What agents can do to the world: one verb a file, each a kernel over one agent of one world."""
