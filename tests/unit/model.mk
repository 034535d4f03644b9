# Unit tests of the model room: link only the floors it may use.
