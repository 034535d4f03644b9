noinst_LIBRARIES += librules.a
librules_a_CPPFLAGS = $(AM_CPPFLAGS) 
librules_a_SOURCES = src/rules/rule.h src/rules/rule.def src/rules/rules.c \
	src/rules/judge.c src/rules/judge.h src/rules/acs.c src/rules/acs.h src/rules/firmware-advice.c \
	src/rules/group-forecast.c src/rules/group-forecast.h src/rules/group-explain.c src/rules/group-explain.h \
	src/rules/group-override.c src/rules/rule-forecast.c \
	src/rules/iommu-state.c src/rules/iommu-state.h \
	src/rules/rule-cpu.c src/rules/rule-firmware.c src/rules/rule-iommu.c src/rules/rule-boot.c \
	src/rules/rule-vfio.c src/rules/rule-legacy.c src/rules/rule-devices.c src/rules/rule-groups.c src/rules/rule-graphics.c \
	src/rules/rule-bars.c src/rules/rule-identical.c src/rules/rule-hostuse.c src/rules/rule-settings.c \
	src/rules/rule-software.c src/rules/rule-permissions.c src/rules/rule-confinement.c src/rules/path-problem.c src/rules/rule-unreadable.c \
	src/rules/rule-table.c src/rules/rule-firmware-bugs.c src/rules/rule-reserved.c src/rules/rule-log.c src/rules/rule-container.c src/rules/rule-xen.c
