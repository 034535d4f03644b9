# Templates the program writes machines from.
