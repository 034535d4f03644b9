# Unit tests of the ui room: link only the floors it may use.
check_PROGRAMS += tests/lib/ui-demo
tests_lib_ui_demo_SOURCES = tests/lib/ui-demo.c
tests_lib_ui_demo_LDADD = libui.a libwizard.a $(FLOOR_BASE) $(NCURSES_LIBS)
TESTS += tests/ui.sh
EXTRA_DIST += tests/ui.sh tests/screens

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-ui-text tests/unit/test-ui-view tests/unit/test-ui-plain
TESTS += tests/unit/test-ui-text tests/unit/test-ui-view tests/unit/test-ui-plain
tests_unit_test_ui_text_SOURCES = tests/unit/test-ui-text.c
tests_unit_test_ui_text_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_ui_text_LDADD = libui.a $(FLOOR_BASE) $(CHECK_LIBS)
tests_unit_test_ui_view_SOURCES = tests/unit/test-ui-view.c
tests_unit_test_ui_view_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_ui_view_LDADD = libui.a $(FLOOR_BASE) $(CHECK_LIBS)
tests_unit_test_ui_plain_SOURCES = tests/unit/test-ui-plain.c
tests_unit_test_ui_plain_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_ui_plain_LDADD = libwizard.a $(FLOOR_BASE) $(CHECK_LIBS)
endif
