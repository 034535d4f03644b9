noinst_LIBRARIES += libprobes.a
libprobes_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBPCI_CFLAGS) $(LIBKMOD_CFLAGS) $(BLKID_CFLAGS) $(EFIVAR_CFLAGS) $(LIBUDEV_CFLAGS)
libprobes_a_SOURCES = probes/probe.h probes/probe.def probes/probe.c probes/probe-util.c probes/probe-util.h \
	probes/probe-identity.c probes/probe-cpu.c probes/probe-topology.c probes/probe-nodes.c probes/probe-firmware.c probes/probe-firmware-attributes.c \
	probes/probe-kernel.c probes/kernel-log.c probes/kernel-log.h probes/kernel-symbol.c probes/kernel-symbol.h probes/probe-memory.c probes/probe-iommu.c \
	probes/probe-pci.c probes/pci-attributes.c probes/pci-attributes.h \
	probes/probe-details.c probes/pci-rebar.c probes/pci-rebar.h \
	probes/pci-config.c probes/pci-config.h probes/pci-names.c probes/pci-names.h \
	probes/probe-groups.c probes/acpi-table.c probes/acpi-table.h probes/probe-dmar.c probes/probe-ivrs.c \
	probes/probe-modules.c \
	probes/probe-storage.c probes/storage-describe.c probes/storage-mounts.c probes/storage-map.h \
	probes/probe-net.c probes/probe-usb.c \
	probes/probe-usage.c probes/usage-display.c probes/usage-disks.c probes/usage-network.c probes/usage-ssh.c \
	probes/usage-input.c probes/usage.h \
	probes/probe-bootfiles.c probes/probe-software.c probes/probe-settings.c \
	probes/probe-permissions.c probes/probe-confinement.c probes/path-access.c probes/path-access.h
