# Knowledge without code.
# The recorded host of --demo; tests read it from here, too.
demodir = $(pkgdatadir)/data
dist_demo_DATA = data/demo.host
# The picture at the head of the README.
EXTRA_DIST += data/wizard.svg
# What the kernel knows of chips, one line each; compiled in.
EXTRA_DIST += data/acs-quirks.def data/dma-alias-quirks.def data/kernel-makers.def
