# Unit tests of the output room: link only the floors it may use.
