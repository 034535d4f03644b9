# Unit tests of the probes room: link only the floors it may use.
