# Unit tests of the rules room: link only the floors it may use.
EXTRA_DIST += tests/lib/facts.h
if HAVE_CHECK
RULES_TESTS = \
	tests/unit/test-rule-cpu \
	tests/unit/test-rule-firmware \
	tests/unit/test-rule-iommu \
	tests/unit/test-rule-log-states \
	tests/unit/test-rule-reserved \
	tests/unit/test-rule-boot \
	tests/unit/test-rule-groups \
	tests/unit/test-rule-forecast \
	tests/unit/test-rule-devices \
	tests/unit/test-rule-bars \
	tests/unit/test-rule-permissions
check_PROGRAMS += $(RULES_TESTS)
TESTS += $(RULES_TESTS)

tests_unit_test_rule_cpu_SOURCES = tests/unit/test-rule-cpu.c
tests_unit_test_rule_cpu_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rule_cpu_LDADD = $(FLOOR_RULES) $(CHECK_LIBS)
tests_unit_test_rule_firmware_SOURCES = tests/unit/test-rule-firmware.c
tests_unit_test_rule_firmware_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rule_firmware_LDADD = $(FLOOR_RULES) $(CHECK_LIBS)
tests_unit_test_rule_iommu_SOURCES = tests/unit/test-rule-iommu.c
tests_unit_test_rule_iommu_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rule_iommu_LDADD = $(FLOOR_RULES) $(CHECK_LIBS)
tests_unit_test_rule_boot_SOURCES = tests/unit/test-rule-boot.c
tests_unit_test_rule_boot_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rule_boot_LDADD = $(FLOOR_RULES) $(CHECK_LIBS)
tests_unit_test_rule_groups_SOURCES = tests/unit/test-rule-groups.c
tests_unit_test_rule_groups_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rule_groups_LDADD = $(FLOOR_RULES) $(CHECK_LIBS)
# Compared with what the kernel did on recorded hosts, so this one looks at them.
tests_unit_test_rule_forecast_SOURCES = tests/unit/test-rule-forecast.c
tests_unit_test_rule_forecast_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rule_forecast_LDADD = librules.a $(FLOOR_PROBES) $(CHECK_LIBS)
tests_unit_test_rule_devices_SOURCES = tests/unit/test-rule-devices.c
tests_unit_test_rule_devices_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rule_devices_LDADD = $(FLOOR_RULES) $(CHECK_LIBS)
tests_unit_test_rule_bars_SOURCES = tests/unit/test-rule-bars.c
tests_unit_test_rule_bars_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rule_bars_LDADD = $(FLOOR_RULES) $(CHECK_LIBS)
tests_unit_test_rule_log_states_SOURCES = tests/unit/test-rule-log-states.c
tests_unit_test_rule_log_states_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rule_log_states_LDADD = $(FLOOR_RULES) $(CHECK_LIBS)
tests_unit_test_rule_reserved_SOURCES = tests/unit/test-rule-reserved.c
tests_unit_test_rule_reserved_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rule_reserved_LDADD = $(FLOOR_RULES) $(CHECK_LIBS)

tests_unit_test_rule_permissions_SOURCES = tests/unit/test-rule-permissions.c
tests_unit_test_rule_permissions_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rule_permissions_LDADD = $(FLOOR_RULES) $(CHECK_LIBS)
endif
