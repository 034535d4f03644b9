noinst_LIBRARIES += libcli.a
libcli_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libcli_a_SOURCES = src/cli/cmd.h src/cli/cmd.def \
	src/cli/cli.c src/cli/cli-json.c src/cli/cli-session.c src/cli/cli-text.c \
	src/cli/cmd-apply.c \
	src/cli/cmd-check.c \
	src/cli/cmd-devices.c \
	src/cli/cmd-domain.c src/cli/domain-define.c src/cli/domain-define.h \
	src/cli/cmd-groups.c \
	src/cli/cmd-plan.c \
	src/cli/cmd-render.c \
	src/cli/cmd-snapshot.c \
	src/cli/cmd-undo.c \
	src/cli/cmd-verify.c
