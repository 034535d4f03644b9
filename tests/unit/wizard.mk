# Unit tests of the wizard room: link only the floors it may use.
