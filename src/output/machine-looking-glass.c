/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking Glass: a program in the guest writes the card's pictures into memory that the host shows.  Its
 * size follows from the picture's; doc/install_libvirt.rst and doc/ivshmem_*.rst of Looking Glass.
 */
#include "output/machine-parts.h"

#include "base/str.h"

#include <errno.h>
#include <stdio.h>

#define MIB (1LL << 20)
#define LOOKING_GLASS_WIDTH_MAX 16384

struct looking_glass_picture {
	unsigned width, height, bytes; /* of a point: 4, with HDR 8 */
};

/* "2560x1440", "2560x1440,hdr" */
static bool looking_glass_parse(const char *text, struct looking_glass_picture *ret)
{
	int n = 0;

	ret->bytes = 4;
	if (sscanf(text, "%5ux%5u%n", &ret->width, &ret->height, &n) != 2)
		return false;
	if (str_eq(text + n, ",hdr"))
		ret->bytes = 8;
	else if (text[n])
		return false;
	return ret->width >= 320 && ret->height >= 200 && ret->width <= LOOKING_GLASS_WIDTH_MAX &&
	       ret->height <= LOOKING_GLASS_WIDTH_MAX;
}

/*
 * Three pictures with lines of whole 256 bytes and 4 MiB, as the host program since 2024 wants it; the ones
 * before wanted two and 10 MiB.  Rounded up to a power of two, which a PCI device's memory has to be.
 */
static long long looking_glass_size(const struct looking_glass_picture *p)
{
	long long line = ((long long)p->width * p->bytes + 255) / 256 * 256;
	long long now = line * p->height * 3 + 4 * MIB;
	long long before = (long long)p->width * p->height * p->bytes * 2 + 10 * MIB;
	long long size = 16 * MIB;

	while (size < now || size < before)
		size *= 2;
	return size;
}

/* Its device, and how large: /sys/module/kvmfr/parameters/static_size_mb: "64"; 0 unknown. */
static bool looking_glass_has_kvmfr(const struct host *h, long long *ret_size)
{
	uint64_t mib = 0;

	*ret_size = 0;
	if (!fsroot_exists(h->root, "/sys/module/kvmfr"))
		return false;
	if (fsroot_read_u64(h->root, "/sys/module/kvmfr/parameters/static_size_mb", &mib) == 0)
		*ret_size = (long long)mib * MIB;
	/* Without a size it makes no device. */
	return mib > 0 || !fsroot_is_live(h->root) || fsroot_exists(h->root, "/dev/kvmfr0");
}

static int looking_glass_choose(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	const char *memory = answers_get(a, "looking-glass-memory");
	bool must = str_eq(memory, "kvmfr");
	long long have;

	if (str_eq(memory, "shm"))
		return 0;
	if (!looking_glass_has_kvmfr(h, &have)) {
		if (!must)
			return 0;
		err_set(err, ERR_NOT_POSSIBLE, -ENODEV,
			_("--looking-glass-memory: the module kvmfr is not loaded here, so there is no /dev/kvmfr0."));
		return err_hint(err, _("Build it from Looking Glass's folder module and load it: modprobe kvmfr "
				       "static_size_mb=%lld. Or take shm."),
				m->looking_glass_bytes / MIB);
	}
	if (have && have < m->looking_glass_bytes) {
		if (must) {
			err_set(err, ERR_NOT_POSSIBLE, -ENOSPC,
				_("--looking-glass: such a picture needs %lld MiB, and /dev/kvmfr0 has %lld."),
				m->looking_glass_bytes / MIB, have / MIB);
			return err_hint(err, _("Write \"options kvmfr static_size_mb=%lld\" into /etc/modprobe.d/kvmfr.conf "
					       "and load the module again."),
					m->looking_glass_bytes / MIB);
		}
		machine_note(m, "looking-glass-kvmfr-small", SEVERITY_INFO,
			     arena_printf(m->arena,
					  _("/dev/kvmfr0 has %lld MiB and such a picture needs %lld, so a file of /dev/shm "
					    "is taken; options kvmfr static_size_mb=%lld makes it large enough."),
					  have / MIB, m->looking_glass_bytes / MIB, m->looking_glass_bytes / MIB));
		return 0;
	}
	if (have)
		m->looking_glass_bytes = have; /* the whole device, or QEMU refuses */
	m->looking_glass_kvmfr = true;
	return 0;
}

/* libvirt lets its machines open only the devices it knows: this one has to be named to it. */
static void looking_glass_note_access(struct machine *m, const struct host *h)
{
	const struct confinement_facts *c = &h->confinement;
	struct machine_note *note;

	if (!m->looking_glass_kvmfr)
		return;
	note = machine_note(m, "looking-glass-kvmfr-access", SEVERITY_WARN,
			    _("libvirt keeps machines away from devices it does not know, and /dev/kvmfr0 is one."));
	arena_strv_add(m->arena, &note->advice,
		       _("In /etc/libvirt/qemu.conf take the signs # away before cgroup_device_acl and the lines of its "
			 "list, add \"/dev/kvmfr0\" to it, and restart libvirtd (or virtqemud)."));
	if (c->apparmor == 1)
		arena_strv_add(m->arena, &note->advice,
			       _("Add the line \"/dev/kvmfr0 rw,\" to /etc/apparmor.d/local/abstractions/libvirt-qemu and "
				 "restart AppArmor."));
	if (c->selinux == SELINUX_ENFORCING)
		arena_strv_add(m->arena, &note->advice,
			       _("SELinux keeps machines from it as well: start the machine once, then make a rule of what was "
				 "refused with audit2allow (ausearch -m avc -ts recent shows it)."));
}

int machine_set_looking_glass(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	const char *text = answers_get(a, "looking-glass");
	struct looking_glass_picture picture;
	int r;

	if (text && !looking_glass_parse(text, &picture))
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--looking-glass: “%s” is no size of a picture like 2560x1440 or 3840x2160,hdr."), text);
	if (m->display != GUEST_DISPLAY_LOOKING_GLASS)
		return 0;
	m->looking_glass_bytes = looking_glass_size(&picture);
	m->looking_glass_user = arena_strdup(m->arena, h->permissions.user.name);
	r = looking_glass_choose(m, h, a, err);
	if (r == 0)
		looking_glass_note_access(m, h);
	return r;
}
