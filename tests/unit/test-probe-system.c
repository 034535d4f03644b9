/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorded.h"

START_TEST(identity_of_a_desktop)
{
	RECORDED(h,
		 "/sys/class/dmi/id/sys_vendor = System manufacturer\n"
		 "/sys/class/dmi/id/product_name = To Be Filled By O.E.M.\n"
		 "/sys/class/dmi/id/board_vendor = ASUSTeK COMPUTER INC.\n"
		 "/sys/class/dmi/id/board_name = ROG STRIX X570-E GAMING\n"
		 "/sys/class/dmi/id/bios_version = 4602\n"
		 "/sys/class/dmi/id/bios_date = 02/23/2023\n"
		 "/sys/class/dmi/id/chassis_type = 3\n"
		 "/etc/os-release <<\n"
		 "\tPRETTY_NAME=\"Pop!_OS 22.04 LTS\"\n"
		 "\tID=pop\n"
		 "\tID_LIKE=\"ubuntu debian\"\n"
		 "\tVERSION_ID='22.04'\n"
		 "/proc/version = Linux version 6.9.3-76060903-generic (jenkins) #1 SMP\n",
		 "identity");

	ck_assert_ptr_null(h->identity.vendor);
	ck_assert_ptr_null(h->identity.product);
	ck_assert_str_eq(h->identity.board_vendor, "ASUSTeK COMPUTER INC.");
	ck_assert_str_eq(h->identity.board, "ROG STRIX X570-E GAMING");
	ck_assert_str_eq(h->identity.firmware_version, "4602");
	ck_assert_int_eq(h->identity.chassis_type, 3);
	ck_assert_str_eq(h->identity.distribution, "Pop!_OS 22.04 LTS");
	ck_assert_str_eq(h->identity.os_version_id, "22.04");
	ck_assert_uint_eq(strv_length(h->identity.os_like), 3);
	ck_assert_str_eq(h->identity.os_like[2], "debian");
	ck_assert_str_eq(h->identity.kernel, "6.9.3-76060903-generic");
}
END_TEST

START_TEST(identity_that_is_broken)
{
	RECORDED(h,
		 "/sys/class/dmi/id/chassis_type = tower\n"
		 "/sys/class/dmi/id/board_name ! EACCES\n"
		 "/etc/os-release <<\n"
		 "\tPRETTY_NAME=\"unfinished\n"
		 "\tno assignment\n"
		 "/proc/version = Something else\n",
		 "identity");

	ck_assert_int_eq(h->identity.chassis_type, -1);
	ck_assert(recorded_has(h->broken, "/sys/class/dmi/id/chassis_type"));
	ck_assert_ptr_null(h->identity.board);
	ck_assert_ptr_null(h->identity.kernel);
	ck_assert_ptr_null(h->identity.os_id);
	ck_assert_str_eq(h->identity.distribution, "unfinished");
}
END_TEST

START_TEST(cpu_with_vmx_locked_by_the_firmware)
{
	RECORDED(h,
		 "/.vfio-wizard/cpuid = vendor=GenuineIntel vmx=1 svm=0 hypervisor=0\n"
		 "/proc/cpuinfo <<\n"
		 "\tprocessor\t: 0\n"
		 "\tvendor_id\t: GenuineIntel\n"
		 "\tmodel name\t: Intel(R) Core(TM) i5\n"
		 "\tphysical id\t: 0\n"
		 "\tcore id\t\t: 0\n"
		 "\tflags\t\t: fpu vme vmxish asvm\n"
		 "\t\n"
		 "\tprocessor\t: 1\n"
		 "\tphysical id\t: 0\n"
		 "\tcore id\t\t: 0\n"
		 "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list = 0-1\n",
		 "cpu");

	ck_assert_int_eq(h->cpu.vendor, CPU_INTEL);
	ck_assert_int_eq(h->cpu.has_virtualization, 1);
	ck_assert_int_eq(h->cpu.flag_virtualization, 0);
	ck_assert_int_eq(h->cpu.hypervisor, 0);
	ck_assert_int_eq(h->cpu.threads, 2);
	ck_assert_int_eq(h->cpu.cores, 1);
	ck_assert_int_eq(h->cpu.threads_per_core, 2);
	ck_assert_str_eq(h->cpu.model, "Intel(R) Core(TM) i5");
}
END_TEST

START_TEST(cpu_of_other_kinds)
{
	RECORDED(arm, "/proc/cpuinfo <<\n\tprocessor\t: 0\n\tCPU implementer\t: 0x41\n", "cpu");
	RECORDED(amd,
		 "/proc/cpuinfo <<\n\tprocessor\t: 0\n\tvendor_id\t: AuthenticAMD\n\tflags\t: svm hypervisor\n"
		 "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list = 0-\n",
		 "cpu");
	RECORDED(none, "/etc/hostname = x\n", "cpu");

	ck_assert_int_eq(arm->cpu.vendor, CPU_ARM);
	ck_assert_int_eq(arm->cpu.has_virtualization, -1);
	ck_assert_int_eq(arm->cpu.flag_virtualization, -1);
	ck_assert_int_eq(amd->cpu.vendor, CPU_AMD);
	ck_assert_int_eq(amd->cpu.flag_virtualization, 1);
	ck_assert_int_eq(amd->cpu.hypervisor, 1);
	ck_assert_int_eq(amd->cpu.has_virtualization, -1);
	ck_assert(recorded_has(amd->broken, "thread_siblings_list"));
	ck_assert_int_eq(none->cpu.threads, -1);
	ck_assert_int_eq(none->cpu.hypervisor, -1);
}
END_TEST

#define EFI "/sys/firmware/efi/efivars/"
#define GLOBAL "-8be4df61-93ca-11d2-aa0d-00e098032b8c"
/* attributes, length 0x14, "deb", file path node "\EFI", end node */
#define BOOT0002 "07000000" "01000000" "1200" "6400650062000000" "04040e005c0045004600490000" "00" "7fff0400"

START_TEST(firmware_variables_of_two_roots)
{
	RECORDED(on,
		 EFI "SecureBoot" GLOBAL " : 0600000001\n"
		 EFI "SetupMode" GLOBAL " : 0600000000\n"
		 EFI "BootCurrent" GLOBAL " : 060000000200\n"
		 EFI "Boot0002" GLOBAL " : " BOOT0002 "\n"
		 EFI "OsIndicationsSupported" GLOBAL " : 060000000100000000000000\n"
		 EFI "LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f : 060000004700520055004200200032000000\n"
		 "/sys/kernel/security/lockdown = none [integrity] confidentiality\n",
		 "firmware");
	RECORDED(off, EFI "SecureBoot" GLOBAL " : 0600000000\n", "firmware");

	ck_assert_int_eq(on->firmware.mode, FIRMWARE_UEFI);
	ck_assert_int_eq(on->firmware.secure_boot, 1);
	ck_assert_int_eq(on->firmware.setup_mode, 0);
	ck_assert_int_eq(on->firmware.boot_current, 2);
	ck_assert_str_eq(on->firmware.boot_current_title, "deb");
	ck_assert_str_eq(on->firmware.boot_current_path, "\\EFI");
	ck_assert_int_eq(on->firmware.opens_setup, 1);
	ck_assert_str_eq(on->firmware.loader_info, "GRUB 2");
	ck_assert_str_eq(on->firmware.lockdown, "integrity");
	/* the library must not answer for the root it saw first */
	ck_assert_int_eq(off->firmware.secure_boot, 0);
	ck_assert_int_eq(off->firmware.setup_mode, -1);
	ck_assert_int_eq(off->firmware.boot_current, -1);
	ck_assert_ptr_null(getenv("EFIVARFS_PATH"));
	ck_assert_ptr_null(getenv("LIBEFIVAR_OPS"));
}
END_TEST

START_TEST(firmware_that_is_broken)
{
	RECORDED(h,
		 EFI "SecureBoot" GLOBAL " : 0600\n"
		 EFI "BootCurrent" GLOBAL " : 060000000100\n"
		 EFI "Boot0001" GLOBAL " : 0700000001000000ffff610062006300\n"
		 "/sys/kernel/security/lockdown = none integrity\n",
		 "firmware");

	ck_assert_int_eq(h->firmware.secure_boot, -1);
	ck_assert(recorded_has(h->broken, "SecureBoot"));
	/* a description without end and a path list longer than the variable */
	ck_assert_str_eq(h->firmware.boot_current_title, "abc");
	ck_assert_ptr_null(h->firmware.boot_current_path);
	ck_assert_ptr_null(h->firmware.lockdown);
	ck_assert(recorded_has(h->broken, "lockdown"));
}
END_TEST

START_TEST(firmware_without_uefi)
{
	RECORDED(bios, "/sys/firmware/acpi/tables/\n", "firmware");
	RECORDED(board, "/sys/firmware/devicetree/\n", "firmware");

	ck_assert_int_eq(bios->firmware.mode, FIRMWARE_BIOS);
	ck_assert_int_eq(bios->firmware.secure_boot, -1);
	ck_assert_int_eq(board->firmware.mode, FIRMWARE_UNKNOWN);
}
END_TEST

START_TEST(memory_in_bytes)
{
	RECORDED(h,
		 "/proc/meminfo <<\n"
		 "\tMemTotal:       32780296 kB\n"
		 "\tMemAvailable:   lots kB\n"
		 "\tHugePages_Total:      16\n"
		 "\tHugePages_Free:       12\n"
		 "\tHugepagesize:    1048576 kB\n",
		 "memory");

	ck_assert_int_eq(h->memory.total_bytes, 32780296LL * 1024);
	ck_assert_int_eq(h->memory.available_bytes, -1);
	ck_assert(recorded_has(h->broken, "/proc/meminfo"));
	ck_assert_int_eq(h->memory.hugepages_total, 16);
	ck_assert_int_eq(h->memory.hugepages_free, 12);
	ck_assert_int_eq(h->memory.hugepage_bytes, 1 << 30);
}
END_TEST

START_TEST(software_by_package)
{
	RECORDED(debian,
		 "/usr/bin/qemu-system-x86_64 =\\\n"
		 "/usr/sbin/libvirtd =\\\n"
		 "/var/lib/dpkg/status <<\n"
		 "\tPackage: qemu-system-x86\n"
		 "\tStatus: install ok installed\n"
		 "\tVersion: 1:7.2+dfsg-7\n"
		 "\t\n"
		 "\tPackage: libvirt-daemon\n"
		 "\tStatus: deinstall ok config-files\n"
		 "\tVersion: 9.0.0-4\n"
		 "\t\n"
		 "\tPackage: swtpm\n"
		 "\tStatus: install ok installed\n"
		 "\tVersion: 0.7.1\n",
		 "software");
	RECORDED(arch,
		 "/usr/bin/qemu-system-x86_64 =\\\n/var/lib/pacman/local/qemu-base-9.1.0-1/\n",
		 "software");

	ck_assert_str_eq(debian->software.qemu, "1:7.2+dfsg-7");
	ck_assert_str_eq(debian->software.libvirt, ""); /* that package was removed, the program is there */
	ck_assert_ptr_null(debian->software.swtpm);	/* no program, whatever the database says */
	ck_assert_str_eq(arch->software.qemu, "9.1.0-1");
	ck_assert_ptr_null(arch->software.libvirt);
}
END_TEST

START_TEST(software_by_other_files)
{
	RECORDED(fedora,
		 "/usr/bin/qemu-system-x86_64 =\\\n/usr/sbin/virtqemud =\\\n/usr/bin/swtpm =\\\n"
		 "/usr/lib64/libvirt.so.0 -> libvirt.so.0.10001.0\n/usr/lib64/libvirt.so.0.10001.0 =\\\n"
		 "/usr/lib64/libvirt.so.0.10001.0.gz =\\\n"
		 "/var/cache/libvirt/qemu/capabilities/a.xml <<\n"
		 "\t<emulator>/usr/bin/qemu-system-aarch64</emulator>\n"
		 "\t<version>9009009</version>\n"
		 "/var/cache/libvirt/qemu/capabilities/b.xml <<\n"
		 "\t<emulator>/usr/bin/qemu-system-x86_64</emulator>\n"
		 "\t<version>8002002</version>\n",
		 "software");
	RECORDED(broken,
		 "/usr/bin/qemu-kvm =\\\n/usr/sbin/libvirtd =\\\n/usr/bin/swtpm_setup =\\\n"
		 "/usr/lib64/libvirt.so.0.x.0 =\\\n"
		 "/var/cache/libvirt/qemu/capabilities/a.xml = <emulator>/usr/bin/qemu-kvm</emulator><version>x\n",
		 "software");
	RECORDED(recent, "/usr/bin/swtpm =\\\n/.vfio-wizard/user = user 0 root\n", "software");

	ck_assert_str_eq(fedora->software.libvirt, "10.1.0");
	ck_assert_str_eq(fedora->software.libvirt_from, "/usr/lib64/libvirt.so.0.10001.0");
	ck_assert_str_eq(fedora->software.qemu, "8.2.2");
	ck_assert_str_eq(fedora->software.qemu_from, "/var/cache/libvirt/qemu/capabilities/b.xml");
	ck_assert_int_eq(fedora->software.has_swtpm_setup, -1);
	ck_assert_str_eq(broken->software.libvirt, "");
	ck_assert_str_eq(broken->software.qemu, "");
	ck_assert_int_eq(broken->software.has_swtpm_setup, 1);
	ck_assert_int_eq(recent->software.has_swtpm_setup, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probes: system");
	TCase *t = tcase_create("system");

	tcase_add_test(t, identity_of_a_desktop);
	tcase_add_test(t, identity_that_is_broken);
	tcase_add_test(t, cpu_with_vmx_locked_by_the_firmware);
	tcase_add_test(t, cpu_of_other_kinds);
	tcase_add_test(t, firmware_variables_of_two_roots);
	tcase_add_test(t, firmware_that_is_broken);
	tcase_add_test(t, firmware_without_uefi);
	tcase_add_test(t, memory_in_bytes);
	tcase_add_test(t, software_by_package);
	tcase_add_test(t, software_by_other_files);
	suite_add_tcase(s, t);
	return unit_run(s);
}
