noinst_LIBRARIES += libui.a
libui_a_CPPFLAGS = $(AM_CPPFLAGS) $(NCURSES_CFLAGS)
libui_a_SOURCES = ui/text.h ui/text.c ui/field.h ui/field.c ui/view.h ui/view.c \
	ui/view-row.h ui/view-row.c ui/terminal.h ui/terminal.c ui/stderr.h ui/stderr.c \
	ui/theme.h ui/theme.c ui/keys.h ui/keys.c ui/screen.h ui/screen-copy.c \
	ui/screen-body.c ui/screen-page.c ui/screen-popup.c ui/curses-frontend.h \
	ui/frontend-curses.c ui/focus.c ui/input.c ui/status.c ui/inner-popup.c ui/progress.c
