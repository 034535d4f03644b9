/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "boot/bootloader.h"
#include "boot/initramfs.h"
#include "model/host.h"
#include "model/plan.h"

/* What a way to bind may use; each NULL when it is not clear which one is in charge of this host. */
struct bind_tools {
	const struct initramfs_tool *initramfs;
	const struct bootloader *loader;
};

/* A way to hand devices to vfio-pci = one file bind-<name>.c and one row in bind.def. */
struct bind_method {
	const char *name;	/* "libvirt", "address" */
	const char *title;	/* N_() for the screen: "At every start, by address" */
	const char *help;	/* N_() one or two sentences: what it costs */
	/* NULL, or a translated sentence (arena) why this way suits these devices on this host badly. */
	const char *(*caution)(struct host *h, const struct pci_device *const *devices, unsigned n);
	/* Adds what is needed to the plan; nothing for "libvirt". */
	int (*stage)(struct host *h, const struct pci_device *const *devices, unsigned n,
		     const struct bind_tools *tools, struct plan *plan, struct err *err);
	/* Instead of stage: for a way that works for one MACHINE only. */
	int (*stage_machine)(struct host *h, const char *machine, const struct pci_device *const *devices,
			     unsigned n, struct plan *plan, struct err *err);
};
#define BIND_METHOD(id) extern const struct bind_method bind_##id;
#include "boot/bind.def"
#undef BIND_METHOD
extern const struct bind_method *const bind_table[];
extern const unsigned bind_count;
const struct bind_method *bind_find(const char *name);

/* What "address" and "id" share. */

/* ERR_NOT_POSSIBLE for a virtual function, and on a host without vfio-pci. */
int bind_check_devices(const struct host *h, const struct pci_device *const *devices, unsigned n,
		       struct err *err) _must_check_;
/* NULL, or the sentence that one of DEVICES shows the console. */
const char *bind_console_caution(struct host *h, const struct pci_device *const *devices, unsigned n);
/* Promises that after the restart each of DEVICES is on vfio-pci. */
void bind_promise_drivers(struct plan *plan, struct stage *stage,
			  const struct pci_device *const *devices, unsigned n);
/* The error when it is not clear which tool makes the images. */
int bind_no_initramfs(struct err *err);
