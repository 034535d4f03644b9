noinst_LIBRARIES += libprobes.a
libprobes_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBPCI_CFLAGS) $(LIBKMOD_CFLAGS) $(BLKID_CFLAGS) $(EFIVAR_CFLAGS) $(LIBUDEV_CFLAGS)
libprobes_a_SOURCES = probes/probe.h probes/probe.def
