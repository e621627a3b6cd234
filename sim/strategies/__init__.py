"""What solvers and validators may do other than keep to the protocol."""
