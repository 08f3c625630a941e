"""How fast, how lean and how cheap the writer is, beside what people use today. Never timed by a test."""
