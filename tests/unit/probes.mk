# Unit tests of the probes room: link only the floors it may use.
EXTRA_DIST += tests/lib/recorded.h tests/lib/make-400.sh
if HAVE_CHECK
probe_tests = tests/unit/test-probe-system tests/unit/test-probe-kernel tests/unit/test-probe-pci \
	tests/unit/test-probe-usage tests/unit/test-probe-details tests/unit/test-probe-firmware \
	tests/unit/test-probe-acpi tests/unit/test-probe-log tests/unit/test-probe-permissions
check_PROGRAMS += $(probe_tests)
TESTS += $(probe_tests)
probe_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/lib $(CHECK_CFLAGS)
tests_unit_test_probe_system_SOURCES = tests/unit/test-probe-system.c
tests_unit_test_probe_system_CPPFLAGS = $(probe_test_cppflags)
tests_unit_test_probe_system_LDADD = $(FLOOR_PROBES) $(CHECK_LIBS)
tests_unit_test_probe_kernel_SOURCES = tests/unit/test-probe-kernel.c
tests_unit_test_probe_kernel_CPPFLAGS = $(probe_test_cppflags)
tests_unit_test_probe_kernel_LDADD = $(FLOOR_PROBES) $(CHECK_LIBS)
tests_unit_test_probe_pci_SOURCES = tests/unit/test-probe-pci.c
tests_unit_test_probe_pci_CPPFLAGS = $(probe_test_cppflags)
tests_unit_test_probe_pci_LDADD = $(FLOOR_PROBES) $(CHECK_LIBS)
tests_unit_test_probe_firmware_SOURCES = tests/unit/test-probe-firmware.c
tests_unit_test_probe_firmware_CPPFLAGS = $(probe_test_cppflags)
tests_unit_test_probe_firmware_LDADD = $(FLOOR_PROBES) $(CHECK_LIBS)
tests_unit_test_probe_usage_SOURCES = tests/unit/test-probe-usage.c
tests_unit_test_probe_usage_CPPFLAGS = $(probe_test_cppflags)
tests_unit_test_probe_usage_LDADD = $(FLOOR_PROBES) $(CHECK_LIBS)
tests_unit_test_probe_details_SOURCES = tests/unit/test-probe-details.c
tests_unit_test_probe_details_CPPFLAGS = $(probe_test_cppflags)
tests_unit_test_probe_details_LDADD = $(FLOOR_PROBES) $(CHECK_LIBS)
tests_unit_test_probe_acpi_SOURCES = tests/unit/test-probe-acpi.c
tests_unit_test_probe_acpi_CPPFLAGS = $(probe_test_cppflags)
tests_unit_test_probe_acpi_LDADD = $(FLOOR_PROBES) $(CHECK_LIBS)
tests_unit_test_probe_log_SOURCES = tests/unit/test-probe-log.c
tests_unit_test_probe_log_CPPFLAGS = $(probe_test_cppflags)
tests_unit_test_probe_log_LDADD = $(FLOOR_PROBES) $(CHECK_LIBS)
tests_unit_test_probe_permissions_SOURCES = tests/unit/test-probe-permissions.c
tests_unit_test_probe_permissions_CPPFLAGS = $(probe_test_cppflags)
tests_unit_test_probe_permissions_LDADD = $(FLOOR_PROBES) $(CHECK_LIBS)
endif
