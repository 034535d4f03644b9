noinst_LIBRARIES += libmodel.a
libmodel_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(YAML_CFLAGS)
libmodel_a_SOURCES = src/model/pci-addr.c src/model/pci-addr.h src/model/host.h src/model/finding.h \
	src/model/kargs.h src/model/plan.h src/model/answers.h src/model/machine.h src/model/recording.h
