# Unit tests of the session room: link only the floors it may use.
if HAVE_CHECK
SESSION_TESTS = tests/unit/test-session-journal tests/unit/test-session-faults
check_PROGRAMS += $(SESSION_TESTS)
TESTS += $(SESSION_TESTS)

tests_unit_test_session_journal_SOURCES = tests/unit/test-session-journal.c
tests_unit_test_session_journal_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_session_journal_LDADD = $(FLOOR_SESSION) $(CHECK_LIBS)
tests_unit_test_session_faults_SOURCES = tests/unit/test-session-faults.c
tests_unit_test_session_faults_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_session_faults_LDADD = $(FLOOR_SESSION) $(CHECK_LIBS)
tests_unit_test_session_faults_LDFLAGS = $(AM_LDFLAGS) $(CHANGE_FAULT_WRAP)
endif
