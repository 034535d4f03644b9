bin_PROGRAMS += vfio-wizard
vfio_wizard_SOURCES = src/main.c
vfio_wizard_LDADD = libcli.a libui.a $(FLOOR_WIZARD) $(NCURSES_LIBS)
