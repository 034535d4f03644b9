noinst_LIBRARIES += liboutput.a
liboutput_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBXML_CFLAGS)
liboutput_a_SOURCES = src/output/machine-format.def src/output/output.h src/output/render.h \
	src/output/machine.c \
	src/output/domain.h src/output/domain-add.c src/output/domain-normal.c \
	src/output/domain-splice.c src/output/domain-splice.h src/output/domain-tree.c src/output/domain-tree.h \
	src/output/machine-context.c \
	src/output/machine-disk.c src/output/machine-parts.h \
	src/output/machine-libvirt.c \
	src/output/machine-pin.c \
	src/output/machine-qemu.c \
	src/output/machine-usb.c \
	src/output/output.c \
	src/output/output-templates.c \
	src/output/render.c \
	src/output/render-parse.c src/output/render-parse.h
