"""What is asked: questionnaires as data, how they are read, and how answers to them are judged."""
