# Unit tests of the session room: link only the floors it may use.
