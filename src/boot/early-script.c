/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/early-script.h"

const char early_script_head[] = "#!/bin/sh\n"
				 "# Written by vfio-wizard; taken back by: vfio-wizard undo\n";

static const char early_about[] =
	"# Hands the devices listed at the end to vfio-pci before udev loads their drivers.\n"
	"# Not wanted for one start?  Add vfio-wizard=off to the kernel command line.\n"
	"# Whatever goes wrong here, the start goes on: a device then stays with the host.\n";
static const char early_body[] =
	"sys=/sys/bus/pci\n"
	"cmdline=/proc/cmdline\n"
	"log=/dev/kmsg\n"
	"\n"
	"say()\n"
	"{\n"
	"\t{ echo \"vfio-wizard: $*\" > \"$log\"; } 2>/dev/null || :\n"
	"}\n"
	"\n"
	"# Writes $1 to the attribute $2; whether that worked is looked at later.\n"
	"put()\n"
	"{\n"
	"\t{ echo \"$1\" > \"$2\"; } 2>/dev/null || :\n"
	"}\n"
	"\n"
	"# $1 address, $2 vendor:device as it was when the device was chosen.\n"
	"hand_over()\n"
	"{\n"
	"\tdevice=\"$sys/devices/$1\"\n"
	"\tif [ ! -d \"$device\" ]; then\n"
	"\t\tsay \"$1 is not there: nothing done\"\n"
	"\t\treturn 0\n"
	"\tfi\n"
	"\tvendor_id=''\n"
	"\tdevice_id=''\n"
	"\tread -r vendor_id < \"$device/vendor\" || :\n"
	"\tread -r device_id < \"$device/device\" || :\n"
	"\tif [ \"$vendor_id:$device_id\" != \"$2\" ]; then\n"
	"\t\tsay \"$1 is $vendor_id:$device_id and not $2: nothing done\"\n"
	"\t\treturn 0\n"
	"\tfi\n"
	"\tif [ -e \"$sys/drivers/vfio-pci/$1\" ]; then\n"
	"\t\treturn 0\n"
	"\tfi\n"
	"\tput vfio-pci \"$device/driver_override\"\n"
	"\tif [ -e \"$device/driver/unbind\" ]; then\n"
	"\t\tput \"$1\" \"$device/driver/unbind\"\n"
	"\tfi\n"
	"\tput \"$1\" \"$sys/drivers_probe\"\n"
	"\tif [ -e \"$sys/drivers/vfio-pci/$1\" ]; then\n"
	"\t\tsay \"$1 ($2) is held by vfio-pci\"\n"
	"\telse\n"
	"\t\t# Without an IOMMU vfio-pci refuses: the host gets its device back.\n"
	"\t\tput \"\" \"$device/driver_override\"\n"
	"\t\tput \"$1\" \"$sys/drivers_probe\"\n"
	"\t\tsay \"$1 ($2) was refused by vfio-pci: left to the host\"\n"
	"\tfi\n"
	"}\n"
	"\n"
	"arguments=\n"
	"read -r arguments < \"$cmdline\" || :\n"
	"case \" $arguments \" in\n"
	"*\" vfio-wizard=off \"*)\n"
	"\tsay \"switched off by vfio-wizard=off\"\n"
	"\texit 0\n"
	"\t;;\n"
	"esac\n"
	"\n"
	"modprobe -q vfio-pci || :\n"
	"if [ ! -d \"$sys/drivers/vfio-pci\" ]; then\n"
	"\tsay \"vfio-pci is not in this initial RAM disk: nothing done\"\n"
	"\texit 0\n"
	"fi\n"
	"\n";

/* "hand_over 0000:01:00.0 0x10de:0x2504", with the device's name above it. */
static void early_add_device(struct str *out, const struct pci_device *d)
{
	_cleanup_str_ struct str name = { 0 };

	str_add_printable(&name, d->vendor_name ? d->vendor_name : "");
	str_addc(&name, ' ');
	str_add_printable(&name, d->device_name ? d->device_name : "");
	str_addf(out, "# %s\n", str_c(&name));
	str_addf(out, "hand_over %s 0x%04x:0x%04x\n", d->address, d->vendor, d->device);
}

void early_script_add(struct str *out, const struct early_script *how,
		      const struct pci_device *const *devices, unsigned n)
{
	str_add(out, early_script_head);
	str_add(out, early_about);
	str_add(out, how->before);
	if (how->is_sourced)
		str_add(out, "(\n");
	str_add(out, early_body);
	for (unsigned i = 0; i < n; i++)
		early_add_device(out, devices[i]);
	str_add(out, "exit 0\n");
	if (how->is_sourced)
		str_add(out, ")\n");
	str_add(out, how->after);
}
