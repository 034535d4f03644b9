# Knowledge without code.
# The recorded host of --demo; tests read it from here, too.
demodir = $(pkgdatadir)/data
dist_demo_DATA = data/demo.host
