# Unit tests of the output room: link only the floors it may use.
if HAVE_CHECK
output_tests = tests/unit/test-output-render
check_PROGRAMS += $(output_tests)
TESTS += $(output_tests)
output_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/lib $(CHECK_CFLAGS) $(JANSSON_CFLAGS) $(LIBXML_CFLAGS)

tests_unit_test_output_render_SOURCES = tests/unit/test-output-render.c
tests_unit_test_output_render_CPPFLAGS = $(output_test_cppflags)
tests_unit_test_output_render_LDADD = $(FLOOR_OUTPUT) $(CHECK_LIBS)
endif
