noinst_LIBRARIES += liboutput.a
liboutput_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBXML_CFLAGS) $(BLKID_CFLAGS)
liboutput_a_SOURCES = src/output/machine-format.def src/output/output.h src/output/render.h \
	src/output/cpu-choice.c src/output/cpu-layout.c src/output/cpu-layout.h \
	src/output/cpu-picture.c src/output/cpu-picture.h \
	src/output/machine.c \
	src/output/domain.h src/output/domain-add.c src/output/domain-normal.c \
	src/output/domain-splice.c src/output/domain-splice.h src/output/domain-tree.c src/output/domain-tree.h \
	src/output/machine-context.c \
	src/output/machine-devices.c \
	src/output/machine-disk.c src/output/machine-parts.h \
	src/output/machine-hook.c \
	src/output/machine-libvirt.c \
	src/output/machine-memory.c \
	src/output/feature.c src/output/feature.def src/output/feature.h \
	src/output/firmware-find.c src/output/firmware-find.h \
	src/output/machine-audio.c \
	src/output/machine-context-display.c \
	src/output/machine-display.c \
	src/output/machine-evdev.c \
	src/output/machine-firmware.c \
	src/output/machine-looking-glass.c \
	src/output/disk-block.c src/output/disk-parts.h src/output/disk-image.c src/output/disk-image.h src/output/disk-room.c src/output/disk-spec.c src/output/iso-data.c src/output/iso-data.h src/output/iso-image.c src/output/iso-image.h src/output/machine-boot.c src/output/machine-iso.c src/output/machine-note.c \
	src/output/machine-pin.c \
	src/output/machine-qemu.c \
	src/output/machine-seed.c \
	src/output/machine-usb.c \
	src/output/output.c \
	src/output/preset.c src/output/preset.def src/output/preset.h \
	src/output/ssh-key.c src/output/ssh-key.h src/output/storage-list.c src/output/storage-list.h \
	src/output/output-templates.c \
	src/output/render.c \
	src/output/render-parse.c src/output/render-parse.h
