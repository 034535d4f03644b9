# Unit tests of the change room: link only the floors it may use.
