"""What becomes of the advice: each recommended step, and how the child was weeks later."""
