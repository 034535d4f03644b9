# Unit tests of the model room: link only the floors it may use.
if HAVE_CHECK
MODEL_TESTS = \
	tests/unit/test-model-answers \
	tests/unit/test-model-device-data \
	tests/unit/test-model-boards \
	tests/unit/test-model-host \
	tests/unit/test-model-kargs \
	tests/unit/test-model-pe-section \
	tests/unit/test-model-legacy \
	tests/unit/test-model-plan \
	tests/unit/test-model-recording \
	tests/unit/test-model-recording-take
check_PROGRAMS += $(MODEL_TESTS)
TESTS += $(MODEL_TESTS)

MODEL_TEST_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
MODEL_TEST_LDADD = $(FLOOR_MODEL) $(CHECK_LIBS)

tests_unit_test_model_legacy_SOURCES = tests/unit/test-model-legacy.c
tests_unit_test_model_legacy_CPPFLAGS = $(MODEL_TEST_CPPFLAGS)
tests_unit_test_model_legacy_LDADD = $(MODEL_TEST_LDADD)
tests_unit_test_model_answers_SOURCES = tests/unit/test-model-answers.c
tests_unit_test_model_answers_CPPFLAGS = $(MODEL_TEST_CPPFLAGS)
tests_unit_test_model_answers_LDADD = $(MODEL_TEST_LDADD)
tests_unit_test_model_device_data_SOURCES = tests/unit/test-model-device-data.c
tests_unit_test_model_device_data_CPPFLAGS = $(MODEL_TEST_CPPFLAGS)
tests_unit_test_model_device_data_LDADD = $(MODEL_TEST_LDADD)
tests_unit_test_model_boards_SOURCES = tests/unit/test-model-boards.c
tests_unit_test_model_boards_CPPFLAGS = $(MODEL_TEST_CPPFLAGS)
tests_unit_test_model_boards_LDADD = $(MODEL_TEST_LDADD)
tests_unit_test_model_host_SOURCES = tests/unit/test-model-host.c
tests_unit_test_model_host_CPPFLAGS = $(MODEL_TEST_CPPFLAGS)
tests_unit_test_model_host_LDADD = $(MODEL_TEST_LDADD)
tests_unit_test_model_kargs_SOURCES = tests/unit/test-model-kargs.c
tests_unit_test_model_kargs_CPPFLAGS = $(MODEL_TEST_CPPFLAGS)
tests_unit_test_model_kargs_LDADD = $(MODEL_TEST_LDADD)
tests_unit_test_model_plan_SOURCES = tests/unit/test-model-plan.c
tests_unit_test_model_plan_CPPFLAGS = $(MODEL_TEST_CPPFLAGS)
tests_unit_test_model_plan_LDADD = $(MODEL_TEST_LDADD)
tests_unit_test_model_recording_SOURCES = tests/unit/test-model-recording.c
tests_unit_test_model_recording_CPPFLAGS = $(MODEL_TEST_CPPFLAGS)
tests_unit_test_model_recording_LDADD = $(MODEL_TEST_LDADD)
tests_unit_test_model_recording_take_SOURCES = tests/unit/test-model-recording-take.c
tests_unit_test_model_recording_take_CPPFLAGS = $(MODEL_TEST_CPPFLAGS)
tests_unit_test_model_recording_take_LDADD = $(MODEL_TEST_LDADD)
tests_unit_test_model_pe_section_SOURCES = tests/unit/test-model-pe-section.c
tests_unit_test_model_pe_section_CPPFLAGS = $(MODEL_TEST_CPPFLAGS)
tests_unit_test_model_pe_section_LDADD = $(MODEL_TEST_LDADD)
endif
