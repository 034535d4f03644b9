noinst_LIBRARIES += libchange.a
libchange_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libchange_a_SOURCES = \
	src/change/image.c src/change/image.h \
	src/change/journal.c src/change/journal.h \
	src/change/journal-json.c src/change/journal-json.h \
	src/change/xattrs.c src/change/xattrs.h src/change/merge3.c src/change/merge3.h \
	src/change/moment.c src/change/moment.h \
	src/change/promise-json.c src/change/promise-json.h \
	src/change/rollback.c src/change/rollback.h \
	src/change/state-dir.c src/change/state-dir.h \
	src/change/steps.c src/change/steps.h \
	src/change/txn.c src/change/txn.h \
	src/change/txn-prepare.c src/change/txn-prepare.h \
	src/change/txn-recover.c \
	src/change/undo.c src/change/undo.h \
	src/change/undo-apply.c \
	src/change/undo-finish.c src/change/undo-finish.h \
	src/change/state.c src/change/state.h \
	src/change/state-devices.c \
	src/change/state-record.c \
	src/change/verify.c src/change/verify.h
