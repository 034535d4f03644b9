noinst_LIBRARIES += libboot.a
libboot_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libboot_a_SOURCES = src/boot/bootloader.h src/boot/bootloader.def src/boot/initramfs.h src/boot/initramfs.def \
	src/boot/bind.h src/boot/bind.def src/boot/planner.h
