noinst_LIBRARIES += libmodel.a
libmodel_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(YAML_CFLAGS)
libmodel_a_SOURCES = \
	src/model/answer-check.c src/model/answer-check.h src/model/answer-list.def \
	src/model/answers.c src/model/answers.h \
	src/model/data-lines.c src/model/data-lines.h \
	src/model/device-data.c src/model/device-data.h src/model/device-topic.def \
	src/model/board-pattern.c src/model/board-pattern.h \
	src/model/acs-kernels.c src/model/acs-kernels.h \
	src/model/boards.c src/model/boards.h \
	src/model/cpu-set.c src/model/cpu-set.h \
	src/model/diff.c \
	src/model/finding.c src/model/finding.h \
	src/model/guest-memory.c src/model/guest-memory.h \
	src/model/host.c src/model/host.h \
	src/model/kargs.c src/model/kargs.h \
	src/model/legacy.c src/model/legacy.h src/model/legacy-match.c src/model/legacy-match.h src/model/legacy.def \
	src/model/machine.h \
	src/model/pci-addr.c src/model/pci-addr.h \
	src/model/pe-section.c src/model/pe-section.h \
	src/model/plan.c src/model/plan.h \
	src/model/recording.c src/model/recording.h \
	src/model/recording-filter.c src/model/recording-filter.h \
	src/model/recording-list.c src/model/recording-config.c \
	src/model/recording-mask.c src/model/recording-mask.h \
	src/model/recording-read.c \
	src/model/recording-access.c src/model/live-access.c src/model/live-access.h \
	src/model/recording-take.c src/model/recording-take.h \
	src/model/sha256.c
