"""What a release says and leaves out: its data card, records without words, redaction, and differences."""
