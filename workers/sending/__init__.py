"""What leaves the house for people: letters by a mail server, texts by a gateway, or files where there is neither."""
