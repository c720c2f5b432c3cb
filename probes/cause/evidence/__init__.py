"""The evidence for communication, part by part, and the verdict."""
