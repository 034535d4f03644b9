/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/recording-take.h"

/* What is kept of files that are long or hold more than anybody needs. */
char *filter_cpuinfo(struct take *t, const char *text);	   /* the first CPU; of others their numbers */
char *filter_interrupts(struct take *t, const char *text); /* without the counts */
char *filter_proc_modules(struct take *t, const char *text); /* without addresses in memory */
char *filter_route(struct take *t, const char *text);	   /* without gateways and networks */
char *filter_log(struct take *t, const char *text);	   /* lines about what we judge, no time stamps */
char *filter_kernel_config(struct take *t, const char *text);
char *filter_system_map(struct take *t, const char *text);
char *filter_kernelstub(struct take *t, const char *text); /* how its program finds the kernel */
char *filter_udev(struct take *t, const char *text);
char *filter_modules(struct take *t, const char *text);	   /* lines about vfio, kvm and the IOMMU */
char *filter_modules_alias(struct take *t, const char *text); /* lines that match one of our devices */
char *filter_pci_ids(struct take *t, const char *text);	   /* entries of our devices, all classes */
char *filter_grub_cfg(struct take *t, const char *text);   /* menu entries; never the passwords */

/* Zeroes serial numbers in config space, and unique ids in an EFI boot entry, in place. */
void filter_config_space(unsigned char *bytes, size_t len);
size_t filter_boot_entry(unsigned char *bytes, size_t len); /* new length: optional data is cut off */
