# Knowledge without code.
# The recorded host of --demo; tests read it from here, too.
demodir = $(pkgdatadir)/data
dist_demo_DATA = data/demo.host
# The menus of firmware setups; read when a host is judged.
boardsdir = $(pkgdatadir)/data
dist_boards_DATA = data/boards
# The picture at the head of the README.
EXTRA_DIST += data/wizard.svg
# What is known about devices, a line each.
dist_demo_DATA += data/devices
# What discs are, by their labels.
dist_demo_DATA += data/isos
# What the kernel knows of chips, one line each; compiled in.
EXTRA_DIST += data/acs-quirks.def data/dma-alias-quirks.def data/kernel-makers.def data/acs-kernels.def
