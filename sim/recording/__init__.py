"""What a run leaves behind: tables of rows, kept while it runs and written once it is over."""
