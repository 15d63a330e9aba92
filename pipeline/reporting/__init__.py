"""What the report says: each file one part of it."""
