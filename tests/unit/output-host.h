/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A host for tests of machines: AMD, 16 threads on 8 cores, 32 GiB; a graphics card with four functions,
 * a second one with two, an NVMe disk, a network card, an IOMMU domain beyond 16 bits.
 */
#include "base/str.h"
#include "output/output.h"

#include <string.h>

struct test_host {
	struct host *host;
	struct judgement judgement;
	struct answers answers;
	struct pci_device devices[9];
};

enum { DEV_GPU, DEV_GPU_AUDIO, DEV_GPU_USB, DEV_GPU_UCSI, DEV_GPU2, DEV_GPU2_AUDIO, DEV_NVME, DEV_NIC,
       DEV_VMD };

static inline void test_host_init(struct test_host *t, const struct fsroot *root)
{
	static const struct {
		struct pci_addr addr;
		uint16_t vendor, device;
		uint32_t class_code;
	} rows[] = {
		[DEV_GPU] = { { 0, 1, 0, 0 }, 0x10de, 0x1e07, 0x030000 },
		[DEV_GPU_AUDIO] = { { 0, 1, 0, 1 }, 0x10de, 0x10f7, 0x040300 },
		[DEV_GPU_USB] = { { 0, 1, 0, 2 }, 0x10de, 0x1ad6, 0x0c0330 },
		[DEV_GPU_UCSI] = { { 0, 1, 0, 3 }, 0x10de, 0x1ad7, 0x0c8000 },
		[DEV_GPU2] = { { 0, 0xb, 0, 0 }, 0x1002, 0x731f, 0x030000 },
		[DEV_GPU2_AUDIO] = { { 0, 0xb, 0, 1 }, 0x1002, 0xab38, 0x040300 },
		[DEV_NVME] = { { 0, 4, 0, 0 }, 0x144d, 0xa808, 0x010802 },
		[DEV_NIC] = { { 0, 6, 0, 0 }, 0x8086, 0x1533, 0x020000 },
		[DEV_VMD] = { { 0x10000, 0xe1, 0, 0 }, 0x8086, 0x0a54, 0x010802 },
	};

	memset(t, 0, sizeof(*t));
	t->host = host_new(root);
	t->host->cpu = (struct cpu_facts){ .vendor = CPU_AMD, .threads = 16, .cores = 8,
					   .threads_per_core = 2, .has_1g_pages = -1 };
	t->host->memory.total_bytes = 32LL << 30;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pci_device *d = &t->devices[i];

		d->addr = rows[i].addr;
		pci_addr_format(d->addr, d->address);
		d->vendor = rows[i].vendor;
		d->device = rows[i].device;
		d->class_code = rows[i].class_code;
	}
	t->judgement.host = t->host;
	answers_init(&t->answers);
}

static inline void test_host_done(struct test_host *t)
{
	answers_done(&t->answers);
	host_free(t->host);
}

/* "os=linux" */
static inline int test_host_answer(struct test_host *t, const char *answer, struct err *err)
{
	_cleanup_free_ char *key = xstrndup(answer, strcspn(answer, "="));

	return answers_set(&t->answers, key, answer + strlen(key) + 1, "--test", err);
}

/* MASK has bit N set for device N. */
static inline int test_host_build(struct test_host *t, unsigned mask, struct machine **ret,
				  struct err *err)
{
	struct pci_device *chosen[ARRAY_SIZE(t->devices)];
	unsigned n = 0;

	for (unsigned i = ARRAY_SIZE(t->devices); i-- > 0;) /* the order must not matter */
		if (mask & 1u << i)
			chosen[n++] = &t->devices[i];
	return machine_build(&t->judgement, &t->answers, chosen, n, ret, err);
}
