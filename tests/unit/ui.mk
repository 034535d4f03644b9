# Unit tests of the ui room: link only the floors it may use.
