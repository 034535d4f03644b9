noinst_LIBRARIES += libbase.a
libbase_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(YAML_CFLAGS)
libbase_a_SOURCES = src/base/macro.h \
	src/base/arena.c src/base/arena.h \
	src/base/version.c src/base/version.h src/base/atomic.c src/base/atomic.h \
	src/base/err.c src/base/err.h \
	src/base/fsroot.c src/base/fsroot.h \
	src/base/fsroot-walk.c src/base/fsroot-walk.h \
	src/base/json.c src/base/json.h \
	src/base/log.c src/base/log.h \
	src/base/spawn.c src/base/spawn.h \
	src/base/str.c src/base/str.h \
	src/base/strv.c src/base/strv.h \
	src/base/yaml.c \
	src/base/yaml-write.c
