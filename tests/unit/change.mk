# Unit tests of the change room: link only the floors it may use.
if HAVE_CHECK
CHANGE_TESTS = \
	tests/unit/test-change-faults \
	tests/unit/test-change-txn \
	tests/unit/test-change-kinds \
	tests/unit/test-change-undo \
	tests/unit/test-change-merge3 \
	tests/unit/test-change-state \
	tests/unit/test-change-verify
check_PROGRAMS += $(CHANGE_TESTS)
TESTS += $(CHANGE_TESTS)

CHANGE_TEST_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
CHANGE_TEST_LDADD = $(FLOOR_CHANGE) $(CHECK_LIBS)
# See tests/lib/fault.h.
CHANGE_FAULT_WRAP = -Wl,--wrap=write,--wrap=fsync,--wrap=syncfs,--wrap=fchmod,--wrap=renameat,--wrap=unlinkat \
	-Wl,--wrap=mkdirat,--wrap=symlinkat,--wrap=utimensat,--wrap=fork,--wrap=close

tests_unit_test_change_faults_SOURCES = tests/unit/test-change-faults.c
tests_unit_test_change_faults_CPPFLAGS = $(CHANGE_TEST_CPPFLAGS)
tests_unit_test_change_faults_LDADD = $(CHANGE_TEST_LDADD)
tests_unit_test_change_faults_LDFLAGS = $(AM_LDFLAGS) $(CHANGE_FAULT_WRAP)
tests_unit_test_change_txn_SOURCES = tests/unit/test-change-txn.c
tests_unit_test_change_txn_CPPFLAGS = $(CHANGE_TEST_CPPFLAGS)
tests_unit_test_change_txn_LDADD = $(CHANGE_TEST_LDADD)
tests_unit_test_change_kinds_SOURCES = tests/unit/test-change-kinds.c
tests_unit_test_change_kinds_CPPFLAGS = $(CHANGE_TEST_CPPFLAGS)
tests_unit_test_change_kinds_LDADD = $(CHANGE_TEST_LDADD)
tests_unit_test_change_undo_SOURCES = tests/unit/test-change-undo.c
tests_unit_test_change_undo_CPPFLAGS = $(CHANGE_TEST_CPPFLAGS)
tests_unit_test_change_undo_LDADD = $(CHANGE_TEST_LDADD)
tests_unit_test_change_merge3_SOURCES = tests/unit/test-change-merge3.c
tests_unit_test_change_merge3_CPPFLAGS = $(CHANGE_TEST_CPPFLAGS)
tests_unit_test_change_merge3_LDADD = $(CHANGE_TEST_LDADD)
tests_unit_test_change_state_SOURCES = tests/unit/test-change-state.c
tests_unit_test_change_state_CPPFLAGS = $(CHANGE_TEST_CPPFLAGS)
tests_unit_test_change_state_LDADD = $(CHANGE_TEST_LDADD)
tests_unit_test_change_verify_SOURCES = tests/unit/test-change-verify.c
tests_unit_test_change_verify_CPPFLAGS = $(CHANGE_TEST_CPPFLAGS)
tests_unit_test_change_verify_LDADD = $(CHANGE_TEST_LDADD)
endif
EXTRA_DIST += tests/lib/tree.h tests/lib/fault.h tests/lib/change-scene.h
