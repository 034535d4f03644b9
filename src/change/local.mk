noinst_LIBRARIES += libchange.a
libchange_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libchange_a_SOURCES = src/change/txn.h src/change/journal.h src/change/undo.h src/change/state.h src/change/verify.h
