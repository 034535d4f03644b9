# Unit tests of the output room: link only the floors it may use.
output_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/lib -I$(top_srcdir)/tests/unit \
	$(CHECK_CFLAGS) $(JANSSON_CFLAGS) $(LIBXML_CFLAGS)
EXTRA_DIST += tests/unit/output-host.h tests/unit/disk-images.h

# Writes machines for tests/machine.sh.
check_PROGRAMS += tests/unit/machine-samples
tests_unit_machine_samples_SOURCES = tests/unit/machine-samples.c
tests_unit_machine_samples_CPPFLAGS = $(output_test_cppflags)
tests_unit_machine_samples_LDADD = $(FLOOR_OUTPUT)
TESTS += tests/machine.sh
EXTRA_DIST += tests/machine.sh

if HAVE_CHECK
output_tests = tests/unit/test-output-render tests/unit/test-output-machine tests/unit/test-output-firmware \
	tests/unit/test-output-display tests/unit/test-output-disks tests/unit/test-output-domain
check_PROGRAMS += $(output_tests)
TESTS += $(output_tests)
tests_unit_test_output_render_SOURCES = tests/unit/test-output-render.c
tests_unit_test_output_render_CPPFLAGS = $(output_test_cppflags)
tests_unit_test_output_render_LDADD = $(FLOOR_OUTPUT) $(CHECK_LIBS)
tests_unit_test_output_machine_SOURCES = tests/unit/test-output-machine.c
tests_unit_test_output_machine_CPPFLAGS = $(output_test_cppflags)
tests_unit_test_output_machine_LDADD = $(FLOOR_OUTPUT) $(CHECK_LIBS)
tests_unit_test_output_firmware_SOURCES = tests/unit/test-output-firmware.c
tests_unit_test_output_firmware_CPPFLAGS = $(output_test_cppflags)
tests_unit_test_output_firmware_LDADD = $(FLOOR_OUTPUT) $(CHECK_LIBS)
tests_unit_test_output_display_SOURCES = tests/unit/test-output-display.c
tests_unit_test_output_display_CPPFLAGS = $(output_test_cppflags)
tests_unit_test_output_display_LDADD = $(FLOOR_OUTPUT) $(CHECK_LIBS)
tests_unit_test_output_disks_SOURCES = tests/unit/test-output-disks.c
tests_unit_test_output_disks_CPPFLAGS = $(output_test_cppflags)
tests_unit_test_output_disks_LDADD = $(FLOOR_OUTPUT) $(CHECK_LIBS)
tests_unit_test_output_domain_SOURCES = tests/unit/test-output-domain.c
tests_unit_test_output_domain_CPPFLAGS = $(output_test_cppflags)
tests_unit_test_output_domain_LDADD = $(FLOOR_OUTPUT) $(CHECK_LIBS)
endif
