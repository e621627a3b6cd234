"""Reports for people: one self-contained HTML page per competition, with its plots inside."""
