# Unit tests of the rules room: link only the floors it may use.
