# Unit tests of the wizard room: link only the floors it may use.
EXTRA_DIST += tests/lib/fake-frontend.h

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-wizard-steps
TESTS += tests/unit/test-wizard-steps
tests_unit_test_wizard_steps_SOURCES = tests/unit/test-wizard-steps.c
tests_unit_test_wizard_steps_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_wizard_steps_LDADD = $(FLOOR_WIZARD) $(CHECK_LIBS)
endif
