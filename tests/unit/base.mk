# Unit tests of the base room: link only the floors it may use.
