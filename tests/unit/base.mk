# Unit tests of the base room: link only the floors it may use.
if HAVE_CHECK
BASE_TESTS = \
	tests/unit/test-base-files \
	tests/unit/test-base-spawn \
	tests/unit/test-base-text \
	tests/unit/test-base-version \
	tests/unit/test-base-walk
check_PROGRAMS += $(BASE_TESTS)
TESTS += $(BASE_TESTS)

BASE_TEST_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
BASE_TEST_LDADD = $(FLOOR_BASE) $(CHECK_LIBS)

tests_unit_test_base_files_SOURCES = tests/unit/test-base-files.c
tests_unit_test_base_files_CPPFLAGS = $(BASE_TEST_CPPFLAGS)
tests_unit_test_base_files_LDADD = $(BASE_TEST_LDADD)
tests_unit_test_base_spawn_SOURCES = tests/unit/test-base-spawn.c
tests_unit_test_base_spawn_CPPFLAGS = $(BASE_TEST_CPPFLAGS)
tests_unit_test_base_spawn_LDADD = $(BASE_TEST_LDADD)
tests_unit_test_base_text_SOURCES = tests/unit/test-base-text.c
tests_unit_test_base_text_CPPFLAGS = $(BASE_TEST_CPPFLAGS)
tests_unit_test_base_text_LDADD = $(BASE_TEST_LDADD)
tests_unit_test_base_version_SOURCES = tests/unit/test-base-version.c
tests_unit_test_base_version_CPPFLAGS = $(BASE_TEST_CPPFLAGS)
tests_unit_test_base_version_LDADD = $(BASE_TEST_LDADD)
tests_unit_test_base_walk_SOURCES = tests/unit/test-base-walk.c
tests_unit_test_base_walk_CPPFLAGS = $(BASE_TEST_CPPFLAGS)
tests_unit_test_base_walk_LDADD = $(BASE_TEST_LDADD)
endif
