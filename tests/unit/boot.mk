# Unit tests of the boot room: link only the floors it may use.
