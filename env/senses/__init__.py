"""What agents sense: what they see around them, what they hear of each other, and how kin they find each other."""
