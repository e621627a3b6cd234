"""Many nodes in one process or several: who dials whom, what is published, when it came where."""
