"""Teacher to student: transfer losses, how two models are mapped, the stages of a schedule."""
