noinst_LIBRARIES += liboutput.a
liboutput_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBXML_CFLAGS) $(BLKID_CFLAGS)
liboutput_a_SOURCES = src/output/render.h src/output/output.h src/output/machine-format.def
