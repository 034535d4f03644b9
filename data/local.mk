# Knowledge without code.
# The recorded host of --demo; tests read it from here, too.
dist_pkgdata_DATA = data/demo.host
