"""The sandboxed process in which every untrusted byte is decoded."""
