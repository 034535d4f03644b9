# Unit tests of the model room: link only the floors it may use.
if HAVE_CHECK
MODEL_TESTS = \
	tests/unit/test-model-recording
check_PROGRAMS += $(MODEL_TESTS)
TESTS += $(MODEL_TESTS)

tests_unit_test_model_recording_SOURCES = tests/unit/test-model-recording.c
tests_unit_test_model_recording_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_model_recording_LDADD = $(FLOOR_MODEL) $(CHECK_LIBS)
endif
