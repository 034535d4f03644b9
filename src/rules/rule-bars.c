/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of devices in the address space: what found no place, what could be larger, what is gone. */
#include "rules/judge.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

#define BARS_MAX 64
#define MIB	 (UINT64_C(1) << 20)

struct bars_failure {
	struct pci_addr addr;
	unsigned bar;
	const char *line; /* NULL: it found a place after all */
};

struct bars_failures {
	struct bars_failure list[BARS_MAX];
	unsigned n;
};

/*
 * Linux 6.9: "pci 0000:01:00.0: BAR 1 [mem size 0x400000000 64bit pref]: can't assign; no space", and when
 * it tries again "... BAR 1 [mem 0x... 64bit pref]: assigned"; before:
 *	"pci 0000:01:00.0: BAR 1: no space for [mem size 0x400000000 64bit pref]"
 *	"pci 0000:01:00.0: BAR 1: failed to assign [mem size 0x400000000 64bit pref]"
 *	"pci 0000:01:00.0: BAR 1: assigned [mem 0x4000000000-0x43ffffffff 64bit pref]"
 */
static bool bars_parse_log(const char *line, struct bars_failure *ret, bool *ret_failed)
{
	const char *bar = strstr(line, ": BAR "), *start = bar;
	char address[PCI_ADDR_TEXT];
	size_t n;

	if (!bar || !strstr(bar, "[mem ") || sscanf(bar, ": BAR %u", &ret->bar) != 1 || ret->bar > 5)
		return false;
	while (start > line && start[-1] != ' ')
		start--;
	n = (size_t)(bar - start);
	if (n == 0 || n >= sizeof(address))
		return false;
	memcpy(address, start, n);
	address[n] = '\0';
	*ret_failed = strstr(bar, "can't assign") || strstr(bar, "no space for") ||
		      strstr(bar, "failed to assign");
	ret->line = line;
	return pci_addr_parse(address, &ret->addr) == 0 && (*ret_failed || strstr(bar, "assigned"));
}

static void bars_read_log(const struct host *h, struct bars_failures *f)
{
	for (const char *const *line = h->kernel.log; line && *line; line++) {
		struct bars_failure one;
		bool failed;
		unsigned i = 0;

		if (!bars_parse_log(*line, &one, &failed))
			continue;
		while (i < f->n && !(pci_addr_equal(f->list[i].addr, one.addr) && f->list[i].bar == one.bar))
			i++;
		if (i == f->n && (!failed || f->n == BARS_MAX))
			continue;
		f->n += i == f->n;
		if (!failed)
			one.line = NULL;
		f->list[i] = one;
	}
}

/* "256 MiB", "16 GiB" */
static const char *bars_size(struct judgement *j, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB" };
	unsigned unit = 0;

	if (bytes < 1024)
		return arena_printf(j->host->arena, "%u B", (unsigned)bytes);
	bytes /= 1024;
	while (bytes >= 1024 && bytes % 1024 == 0 && unit + 1 < ARRAY_SIZE(units)) {
		bytes /= 1024;
		unit++;
	}
	return arena_printf(j->host->arena, "%llu %s", (unsigned long long)bytes, units[unit]);
}

static void bars_judge_unassigned(struct judgement *j, const struct pci_device *d,
				  const struct bars_failures *failures)
{
	struct finding *f = NULL;
	const char *text = _("A part of its memory found no place in the address space of this computer. No "
			     "machine can use the device like that.");

	if (!judge_is_endpoint(d))
		return;
	for (unsigned i = 0; i < failures->n; i++) {
		const struct bars_failure *one = &failures->list[i];

		if (!one->line || !pci_addr_equal(one->addr, d->addr))
			continue;
		/* What sysfs says now is newer than the log. */
		if (d->details && d->details->bars_known && d->details->bars[one->bar].size &&
		    !d->details->bars[one->bar].unassigned)
			continue;
		if (!f)
			f = judgement_add(j, "bar-unassigned", SEVERITY_WARN, d->address, "%s", text);
		finding_add_evidence(j, f, "%s", one->line);
	}
	for (unsigned i = 0; d->details && i < ARRAY_SIZE(d->details->bars); i++) {
		if (!d->details->bars[i].unassigned)
			continue;
		if (!f)
			f = judgement_add(j, "bar-unassigned", SEVERITY_WARN, d->address, "%s", text);
		finding_add_evidence(j, f, "/%s/resource: BAR %u, %s, has no address", d->syspath, i,
				     bars_size(j, d->details->bars[i].size));
	}
	if (!f)
		return;
	finding_add_advice(j, f, _("Switch \"Above 4G Decoding\" on in the firmware setup, and CSM off."));
	judge_advise_path(j, f, SETTING_ABOVE_4G);
	finding_add_advice(j, f, _("Where the firmware has no such switch, the kernel argument pci=realloc lets "
				   "the kernel hand out the addresses anew."));
}

static unsigned bars_largest(uint64_t possible)
{
	unsigned n = 0;

	while (possible >>= 1)
		n++;
	return n;
}

static void bars_judge_resizable(struct judgement *j, const struct pci_device *d)
{
	if (!d->details || !judge_is_real_gpu(d))
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(d->details->bars); i++) {
		const struct pci_bar *b = &d->details->bars[i];
		unsigned largest = bars_largest(b->possible);
		struct finding *f;

		/* A size beyond 64 bits is no size. */
		if (!b->possible || !b->size || largest > 43 || b->size >= MIB << largest)
			continue;
		f = judgement_add(j, "bar-resizable", SEVERITY_INFO, d->address,
				  _("Its memory window has %s and could have %s (resizable BAR). A machine gets "
				    "the size that it has when the machine starts."),
				  bars_size(j, b->size), bars_size(j, MIB << largest));
		if (b->from_config)
			finding_add_evidence(j, f, "/%s/config: Resizable BAR, BAR %u, sizes %llx", d->syspath,
					     i, (unsigned long long)b->possible);
		else
			finding_add_evidence(j, f, "/%s/resource%u_resize: %016llx", d->syspath, i,
					     (unsigned long long)b->possible);
		finding_add_advice(j, f, _("It works as it is. To have more, switch \"Above 4G Decoding\" and "
					   "\"Resizable BAR\" on in the firmware setup, and CSM off."));
		judge_advise_path(j, f, SETTING_ABOVE_4G);
		judge_advise_path(j, f, SETTING_REBAR);
		return;
	}
}

static void bars_judge_lost(struct judgement *j, const struct pci_device *d)
{
	struct finding *f;

	if (!judge_is_lost(d))
		return;
	f = judgement_add(j, "device-lost", SEVERITY_WARN, d->address,
			  _("It does not answer: its configuration space reads as ones only. It fell off the "
			    "bus, or did not wake up from its deepest sleep."));
	finding_add_evidence(j, f, "/%s/config: ff ff ff ff ...", d->syspath);
	finding_add_advice(j, f, _("Switch the computer off and on again; a restart is often not enough."));
	finding_add_advice(j, f, _("If it happens again after a machine used it, try the argument "
				   "vfio-pci.disable_idle_d3=1."));
}

/*
 * What sriov_enable() in drivers/pci/iov.c said when virtual functions were asked for, and the last one counts:
 *	ixgbe 0000:03:00.0: not enough MMIO resources for SR-IOV
 *	ixgbe 0000:03:00.0: SR-IOV: IOV BARS not allocated
 *	ixgbe 0000:03:00.0: can't enable 63 VFs (bus 04 out of range of [bus 03])
 */
static void bars_judge_sriov(struct judgement *j, const struct pci_device *d)
{
	const char *said = NULL;
	struct finding *f;

	if (d->sriov_total <= 0 || d->sriov_enabled > 0)
		return;
	for (const char *const *line = j->host->kernel.log; line && *line; line++)
		if (strstr(*line, d->address) &&
		    (strstr(*line, "not enough MMIO resources for SR-IOV") ||
		     strstr(*line, "SR-IOV: IOV BARS not allocated") ||
		     (strstr(*line, "can't enable ") && strstr(*line, " VFs (bus "))))
			said = *line;
	if (!said)
		return;
	f = judgement_add(j, "sriov-no-space", SEVERITY_WARN, d->address,
			  _("Its virtual functions could not be switched on: there was no place for their memory, or "
			    "no bus number."));
	finding_add_evidence(j, f, "%s", said);
	finding_add_advice(j, f, _("Switch \"SR-IOV\" and \"Above 4G Decoding\" on in the firmware setup, and CSM off."));
	judge_advise_path(j, f, SETTING_SRIOV);
	judge_advise_path(j, f, SETTING_ABOVE_4G);
	finding_add_advice(j, f, strstr(said, " VFs (bus ") ?
					 _("Or switch on fewer of them, or let the kernel hand out bus numbers anew with "
					   "the argument pci=assign-busses.") :
					 _("Or switch on fewer of them. Where the firmware has no such switch, the kernel "
					   "argument pci=realloc lets the kernel hand out the addresses anew."));
}

static void bars_judge(struct judgement *j)
{
	struct bars_failures failures = { .n = 0 };

	bars_read_log(j->host, &failures);
	for (unsigned i = 0; i < j->host->n_devices; i++) {
		const struct pci_device *d = j->host->devices[i];

		bars_judge_lost(j, d);
		bars_judge_unassigned(j, d, &failures);
		bars_judge_resizable(j, d);
		bars_judge_sriov(j, d);
	}
}

const struct rule rule_bars = { "bars", bars_judge };
