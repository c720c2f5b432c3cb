"""Understanding: whether agents go where they are told in their own words, their own speakers' or others'."""
