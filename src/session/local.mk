noinst_LIBRARIES += libsession.a
libsession_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libsession_a_SOURCES = src/session/session.c src/session/session.h \
	src/session/session-machine.c src/session/session-machine.h \
	src/session/session-boards.c src/session/session-boards.h src/session/session-change.c src/session/session-paths.c src/session/session-paths.h \
	src/session/session-media.c src/session/session-media.h \
	src/session/libvirt-ask.c src/session/libvirt-ask.h src/session/session-define.c src/session/session-define.h
