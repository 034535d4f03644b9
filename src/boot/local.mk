noinst_LIBRARIES += libboot.a
libboot_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libboot_a_SOURCES = src/boot/bootloader.h src/boot/bootloader.def src/boot/bootloader.c \
	src/boot/boot-text.h src/boot/boot-text.c src/boot/boot-line.h src/boot/boot-line.c \
	src/boot/boot-mounts.h src/boot/boot-mounts.c src/boot/mount-table.h src/boot/mount-table.c \
	src/boot/boot-evidence.h src/boot/boot-evidence.c src/boot/bls-entry.h src/boot/bls-entry.c \
	src/boot/grub-file.h src/boot/grub-file.c src/boot/grub-script.c src/boot/grub-edit.c \
	src/boot/grub-load.h src/boot/grub-load.c src/boot/grub-menu.h src/boot/grub-menu.c src/boot/boot-grub.h src/boot/boot-grub.c src/boot/boot-grub-menu.c \
	src/boot/grub-env.h src/boot/grub-env.c src/boot/kernel-cmdline.h src/boot/kernel-cmdline.c \
	src/boot/boot-bls.h src/boot/boot-bls.c src/boot/boot-bls-menu.c src/boot/boot-rpm-ostree.c \
	src/boot/boot-proxmox.c src/boot/boot-foreign.c \
	src/boot/sdboot.h src/boot/sdboot.c src/boot/sdboot-menu.c src/boot/boot-systemd-boot.c \
	src/boot/uki.h src/boot/uki.c src/boot/uki-source.c src/boot/uki-signing.c src/boot/boot-uki.c \
	src/boot/json-span.h src/boot/json-span.c src/boot/boot-kernelstub.c \
	src/boot/limine-config.h src/boot/limine-config.c src/boot/limine-tool.h src/boot/limine-tool.c src/boot/boot-limine.c \
	src/boot/boot-refind.c src/boot/refind-menu.h src/boot/refind-menu.c \
	src/boot/initramfs.h src/boot/initramfs.def src/boot/initramfs.c \
	src/boot/early-script.h src/boot/early-script.c src/boot/initramfs-image.h src/boot/initramfs-image.c \
	src/boot/initramfs-initramfs-tools.c src/boot/initramfs-dracut.c \
	src/boot/initramfs-mkinitcpio.c src/boot/mkinitcpio-preset.h src/boot/mkinitcpio-preset.c \
	src/boot/initramfs-booster.c \
	src/boot/bind.h src/boot/bind.def src/boot/bind.c src/boot/bind-libvirt.c src/boot/bind-address.c src/boot/bind-id.c \
	src/boot/bind-hooks.h src/boot/bind-hooks.c src/boot/hook-body.c \
	src/boot/take-over.h src/boot/take-over.c \
	src/boot/planner.h src/boot/planner.c src/boot/planner-override.h src/boot/planner-override.c \
	src/boot/kernelstub.h src/boot/kernelstub-kernel.c src/boot/choose-devices.c
