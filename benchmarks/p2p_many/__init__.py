"""Many nodes in one process: who dials whom, what is published, when it came where, by the process's own time."""
