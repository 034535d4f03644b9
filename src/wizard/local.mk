noinst_LIBRARIES += libwizard.a
libwizard_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libwizard_a_SOURCES = src/wizard/wizard.h src/wizard/frontend.h
