#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints a recorded host with 400 PCI functions in 359 IOMMU groups: a server full of
# cards.  The same every time.  For tests and measurements of size.
#
#	00:00.0		host bridge, 00:10.0 and up 23 chipset functions
#	00:01.0-00:06.7	48 root ports, below them
#	  1-8		a network card with 31 virtual functions each
#	  9-16		a graphics card of four functions each
#	  17-40		an NVMe drive each
#	  41-48		a network card of two functions each
exec awk '
function hex(n, digits) { return sprintf("%0" digits "x", n) }
function le16(n) { return hex(n % 256, 2) hex(int(n / 256), 2) }
# "8086" → 32902: plain awk knows no hexadecimal numbers
function h(s,   n) { for (n = 0; length(s); s = substr(s, 2)) n = n * 16 + index(digits, substr(s, 1, 1)) - 1; return n }
function zeros(n,   s) { s = ""; while (n-- > 0) s = s "00"; return s }

# 288 bytes: header, PCI Express capability at 0x40, and at 0x100 ACS for ports.
function config(vendor, device, class, header, type, acs, secondary,   s) {
	s = le16(vendor) le16(device) "07041000" "01" hex(class % 256, 2) \
		hex(int(class / 256) % 256, 2) hex(int(class / 65536), 2) "1000" hex(header, 2) "00"
	if (header % 128 == 1)
		s = s zeros(8) "00" hex(secondary, 2) hex(secondary, 2) "00" zeros(24)
	else
		s = s zeros(28) le16(vendor) "0100" zeros(4)
	s = s "40" zeros(11)			# capability pointer at 0x34
	s = s "1000" le16(2 + type * 16) zeros(188)
	if (acs)
		return s "0d000100" "5f001d00" zeros(24)
	return s zeros(32)
}

function device(addr, path, vendor, dev, class, header, type, driver, group, acs, secondary,   d, up, n, i, bits) {
	d = "/sys/" path
	n = split(path, bits, "/")
	up = ""
	for (i = 1; i <= n; i++)
		up = up "../"
	print "/sys/bus/pci/devices/" addr " -> ../../../" path
	print d "/vendor = 0x" hex(vendor, 4)
	print d "/device = 0x" hex(dev, 4)
	print d "/class = 0x" hex(class, 6)
	print d "/revision = 0x01"
	print d "/subsystem_vendor = 0x" hex(vendor, 4)
	print d "/subsystem_device = 0x0001"
	printf "%s/modalias = pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X\n", d, vendor, dev, vendor, 1, \
		int(class / 65536), int(class / 256) % 256, class % 256
	print d "/irq = 0"
	print d "/enable = 1"
	print d "/numa_node = " (int(group / 2) % 2)
	print d "/driver_override = (null)"
	print d "/power_state = D0"
	if (header % 128 == 0)
		print d "/reset_method = flr bus"
	print d "/config : " config(vendor, dev, class, header, type, acs, secondary)
	if (driver != "")
		print d "/driver -> " up "bus/pci/drivers/" driver
	print d "/iommu_group -> " up "kernel/iommu_groups/" group
	print "/sys/kernel/iommu_groups/" group "/devices/" addr " -> ../../../../" path
	if (!(group in seen)) {
		seen[group] = 1
		print "/sys/kernel/iommu_groups/" group "/type = DMA-FQ"
		print "/sys/kernel/iommu_groups/" group "/reserved_regions = 0x00000000fee00000 0x00000000feefffff msi"
	}
	count++
}

BEGIN {
	digits = "0123456789abcdef"
	print "# vfio-wizard recorded host 1"
	print "/proc/cmdline = BOOT_IMAGE=/vmlinuz-6.1.0-28-amd64 root=/dev/nvme0n1p2 ro quiet intel_iommu=on"
	print "/proc/sys/kernel/osrelease = 6.1.0-28-amd64"
	print "/.vfio-wizard/cpuid = vendor=GenuineIntel vmx=1 svm=0 hypervisor=0"
	print "/proc/cpuinfo <<"
	for (i = 0; i < 64; i++)
		printf "\tprocessor\t: %d\n\tvendor_id\t: GenuineIntel\n\tphysical id\t: %d\n\tcore id\t\t: %d\n\tflags\t\t: fpu vmx ept\n\t\n", i, i / 32, i % 16
	print "/proc/interrupts =  16: 0 IR-IO-APIC 16-fasteoi i801_smbus"
	print "/sys/class/iommu/dmar0 -> ../../devices/virtual/iommu/dmar0"
	print "/sys/devices/virtual/iommu/dmar0/intel-iommu/ecap = f020df"
	print "/sys/firmware/acpi/tables/DMAR : 444d4152a80000000150494e54454c2045444b322020202001000000494e544c01000000260100000000000000000000"
	print "/sys/firmware/efi/"

	root = "devices/pci0000:00/"
	device("0000:00:00.0", root "0000:00:00.0", h("8086"), h("2020"), h("060000"), 0, 4, "", group++)
	for (p = 0; p < 48; p++) {
		bus = p + 1
		port = sprintf("0000:00:%02x.%d", 1 + int(p / 8), p % 8)
		device(port, root port, h("8086"), h("2030"), h("060400"), h("81"), 4, "pcieport", group++, 1, bus)
		below = root port "/"
		if (bus <= 8) {
			pf = sprintf("0000:%02x:00.0", bus)
			device(pf, below pf, h("8086"), h("1572"), h("020000"), h("80"), 0, "i40e", group++)
			print "/sys/" below pf "/sriov_totalvfs = 31"
			print "/sys/" below pf "/sriov_numvfs = 31"
			for (v = 0; v < 31; v++) {
				a = sprintf("0000:%02x:%02x.%d", bus, 2 + int(v / 8), v % 8)
				device(a, below a, h("8086"), h("154c"), h("020000"), 0, 0, "iavf", group++)
				print "/sys/" below a "/physfn -> ../" pf
			}
		} else if (bus <= 16) {
			g = group++
			a = sprintf("0000:%02x:00.", bus)
			device(a "0", below a "0", h("10de"), h("2204"), h("030000"), h("80"), 1, "nouveau", g)
			print "/sys/" below a "0/boot_vga = " (bus == 9 ? 1 : 0)
			print "/sys/" below a "0/rom =\\"
			device(a "1", below a "1", h("10de"), h("1aef"), h("040300"), h("80"), 0, "snd_hda_intel", g)
			device(a "2", below a "2", h("10de"), h("1ad8"), h("0c0330"), h("80"), 0, "xhci_hcd", g)
			device(a "3", below a "3", h("10de"), h("1ad9"), h("0c8000"), h("80"), 0, "nvidia-gpu", g)
		} else if (bus <= 40) {
			a = sprintf("0000:%02x:00.0", bus)
			device(a, below a, h("144d"), h("a808"), h("010802"), 0, 0, "nvme", group++)
		} else {
			for (f = 0; f < 2; f++) {
				a = sprintf("0000:%02x:00.%d", bus, f)
				device(a, below a, h("8086"), h("1521"), h("020000"), h("80"), 0, "igb", group++)
			}
		}
	}
	for (c = 0; c < 23; c++) {
		a = sprintf("0000:00:%02x.%d", 16 + int(c / 4), c % 4)
		device(a, root a, h("8086"), h("a1a0") + c, c == 22 ? h("060100") : c % 4 ? h("088000") : h("0c0330"), h("80"), \
			9, c % 4 ? "" : "xhci_hcd", c % 4 ? group - 1 : group++)
	}
	if (count != 400) {
		print "make-400.sh: " count " devices" > "/dev/stderr"
		exit 1
	}
}'
