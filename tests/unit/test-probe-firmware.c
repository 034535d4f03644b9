/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorded.h"

#define CLASS "/sys/class/firmware-attributes/"

static const struct firmware_attribute *attribute(const struct host *h, enum firmware_setting setting)
{
	static const struct firmware_attribute none = { .name = "none" };

	for (unsigned i = 0; i < h->firmware.n_attributes; i++)
		if (h->firmware.attributes[i].setting == setting)
			return &h->firmware.attributes[i];
	ck_abort_msg("no attribute of setting %d", (int)setting);
	return &none;
}

START_TEST(attributes_of_a_dell)
{
	RECORDED(h,
		 CLASS "dell-wmi-sysman/attributes/pending_reboot = 0\n"
		 CLASS "dell-wmi-sysman/attributes/Virtualization/current_value = Enabled\n"
		 CLASS "dell-wmi-sysman/attributes/Virtualization/display_name = Virtualization\n"
		 CLASS "dell-wmi-sysman/attributes/Virtualization/possible_values = Disabled;Enabled;\n"
		 CLASS "dell-wmi-sysman/attributes/VtForDirectIo/current_value = Disabled\n"
		 CLASS "dell-wmi-sysman/attributes/VtForDirectIo/display_name = VT for Direct I/O\n"
		 CLASS "dell-wmi-sysman/attributes/VtForDirectIo/possible_values = Disabled;Enabled;\n"
		 CLASS "dell-wmi-sysman/attributes/Asset/current_value = 4711\n"
		 CLASS "dell-wmi-sysman/attributes/reset_bios = builtinsafe\n",
		 "firmware-attributes");

	ck_assert_uint_eq(h->firmware.n_attributes, 2);
	ck_assert_int_eq(h->firmware.pending_reboot, 0);
	ck_assert_str_eq(attribute(h, SETTING_IOMMU)->title, "VT for Direct I/O");
	ck_assert_str_eq(attribute(h, SETTING_IOMMU)->value, "Disabled");
	ck_assert_int_eq(firmware_attribute_is_on(attribute(h, SETTING_IOMMU)), 0);
	ck_assert_int_eq(firmware_attribute_is_on(attribute(h, SETTING_VIRTUALIZATION)), 1);
	ck_assert_ptr_null(h->unreadable);
	ck_assert_ptr_null(h->broken);
}
END_TEST

/* Before 6.3: what is possible is part of the value; values are for root. */
START_TEST(attributes_of_a_thinkpad)
{
	RECORDED(h,
		 CLASS "thinklmi/attributes/pending_reboot = 1\n"
		 CLASS "thinklmi/attributes/VTdFeature/current_value = Disable;[Optional:Disable,Enable]\n"
		 CLASS "thinklmi/attributes/VTdFeature/possible_values = \n"
		 CLASS "thinklmi/attributes/VTdFeature/display_name = VTdFeature\n"
		 CLASS "thinklmi/attributes/VirtualizationTechnology/current_value ! EACCES\n"
		 CLASS "thinklmi/attributes/VirtualizationTechnology/possible_values = Disable,Enable\n"
		 CLASS "thinklmi/attributes/SecureBoot/current_value = Enable\n"
		 CLASS "thinklmi/attributes/AlarmDate/current_value = [01/01/2019][Status:ShowOnly]\n",
		 "firmware-attributes");

	ck_assert_uint_eq(h->firmware.n_attributes, 3);
	ck_assert_int_eq(h->firmware.pending_reboot, 1);
	ck_assert_str_eq(h->firmware.attributes_driver, "thinklmi");
	ck_assert_str_eq(attribute(h, SETTING_IOMMU)->value, "Disable");
	ck_assert_str_eq(attribute(h, SETTING_IOMMU)->possible, "Disable,Enable");
	ck_assert(attribute(h, SETTING_VIRTUALIZATION)->hidden);
	ck_assert_ptr_null(attribute(h, SETTING_VIRTUALIZATION)->value);
	ck_assert_str_eq(attribute(h, SETTING_VIRTUALIZATION)->title, "VirtualizationTechnology");
	ck_assert_int_eq(firmware_attribute_is_on(attribute(h, SETTING_VIRTUALIZATION)), -1);
	/* That only root may read it is how it is meant to be. */
	ck_assert_ptr_null(h->unreadable);
}
END_TEST

/* sysfs cannot hold a slash in a name: only what is displayed tells. */
START_TEST(attributes_of_an_hp)
{
	RECORDED(h,
		 CLASS "hp-bioscfg/attributes/Virtualization\\x20Technology\\x20(VTx)/current_value = Enable\n"
		 CLASS "hp-bioscfg/attributes/Virtualization\\x20Technology\\x20(VTx)/display_name = Virtualization Technology (VTx)\n"
		 CLASS "hp-bioscfg/attributes/VTd-17/current_value = Disable\n"
		 CLASS "hp-bioscfg/attributes/VTd-17/display_name = Virtualization Technology for Directed I/O (VTd)\n"
		 CLASS "hp-bioscfg/attributes/pending_reboot = soon\n"
		 CLASS "hp-bioscfg/attributes/Owner/display_name ! EACCES\n",
		 "firmware-attributes");

	ck_assert_uint_eq(h->firmware.n_attributes, 2);
	ck_assert_str_eq(attribute(h, SETTING_IOMMU)->name, "VTd-17");
	ck_assert_str_eq(attribute(h, SETTING_IOMMU)->value, "Disable");
	ck_assert_int_eq(h->firmware.pending_reboot, -1);
	ck_assert(recorded_has(h->broken, "pending_reboot"));
	ck_assert(recorded_has(h->unreadable, "Owner/display_name"));
}
END_TEST

START_TEST(attributes_without_end)
{
	_cleanup_str_ struct str text = { 0 };

	for (unsigned i = 0; i < 300; i++)
		str_addf(&text, CLASS "x%u/attributes/IOMMU/current_value = Auto\n", i);
	{
		RECORDED(h, str_c(&text), "firmware-attributes");

		ck_assert_uint_eq(h->firmware.n_attributes, 64);
		ck_assert_int_eq(firmware_attribute_is_on(&h->firmware.attributes[63]), -1);
	}
	{
		RECORDED(h, "/sys/class/firmware-attributes/\n", "firmware-attributes");

		ck_assert_uint_eq(h->firmware.n_attributes, 0);
		ck_assert_ptr_null(h->firmware.attributes_driver);
	}
}
END_TEST

START_TEST(dmi_that_is_no_name)
{
	_cleanup_str_ struct str text = { 0 };

	str_add(&text, "/sys/class/dmi/id/board_vendor = ");
	for (unsigned i = 0; i < 199; i++)
		str_addc(&text, 'A');
	str_add(&text, "\xc3\xa9\xc3\xa9\xc3\xa9\n"
		       "/sys/class/dmi/id/board_name = Default string\n"
		       "/sys/class/dmi/id/product_name = ........\n"
		       "/sys/class/dmi/id/sys_vendor = LENOVO\n"
		       "/sys/class/dmi/id/product_family = ThinkPad T490\n"
		       "/sys/class/dmi/id/product_version = To be filled by O.E.M.\n");
	{
		RECORDED(h, str_c(&text), "identity");

		ck_assert_uint_eq(strlen(h->identity.board_vendor), 199); /* no half character */
		ck_assert_ptr_null(h->identity.board);
		ck_assert_ptr_null(h->identity.product);
		ck_assert_str_eq(h->identity.family, "ThinkPad T490");
		ck_assert_ptr_null(h->identity.version);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("firmware");
	TCase *tc = tcase_create("firmware");

	tcase_add_test(tc, attributes_of_a_dell);
	tcase_add_test(tc, attributes_of_a_thinkpad);
	tcase_add_test(tc, attributes_of_an_hp);
	tcase_add_test(tc, attributes_without_end);
	tcase_add_test(tc, dmi_that_is_no_name);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
