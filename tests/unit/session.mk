# Unit tests of the session room: link only the floors it may use.
EXTRA_DIST += tests/unit/cpu-trees.h
# Writes CPUs of many shapes as part of a recorded host, for tests/cpus.sh.
check_PROGRAMS += tests/unit/cpu-hosts
tests_unit_cpu_hosts_SOURCES = tests/unit/cpu-hosts.c
tests_unit_cpu_hosts_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cpu_hosts_LDADD = $(FLOOR_MODEL)
if HAVE_CHECK
SESSION_TESTS = tests/unit/test-session-journal tests/unit/test-session-faults tests/unit/test-session-cpu
check_PROGRAMS += $(SESSION_TESTS)
TESTS += $(SESSION_TESTS)

tests_unit_test_session_journal_SOURCES = tests/unit/test-session-journal.c
tests_unit_test_session_journal_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_session_journal_LDADD = $(FLOOR_SESSION) $(CHECK_LIBS)
tests_unit_test_session_faults_SOURCES = tests/unit/test-session-faults.c
tests_unit_test_session_faults_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_session_faults_LDADD = $(FLOOR_SESSION) $(CHECK_LIBS)
tests_unit_test_session_faults_LDFLAGS = $(AM_LDFLAGS) $(CHANGE_FAULT_WRAP)
tests_unit_test_session_cpu_SOURCES = tests/unit/test-session-cpu.c
tests_unit_test_session_cpu_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/lib -I$(top_srcdir)/tests/unit $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_session_cpu_LDADD = $(FLOOR_SESSION) $(CHECK_LIBS)
endif
