/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs-image.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-text.h"
#include "boot/limine-config.h"
#include "model/kargs.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>

int image_add_file(struct host *h, struct plan *plan, struct stage *stage, const char *path,
		   const char *text, mode_t mode, const char *why, struct err *err)
{
	const char *before = NULL;
	size_t before_len = 0;
	int r = boot_text_read(h, plan, plan->arena, path, &before, &before_len, err);

	if (r < 0 && r != -ENOENT)
		return r;
	stage_add_file(plan, stage, path, r < 0 ? NULL : before, before_len, text, strlen(text), mode,
		       why);
	return 0;
}

struct change *image_add_rebuild(struct plan *plan, struct stage *stage, const char *const *argv,
				 const char *kernel)
{
	struct change *c = stage_add_run(
		plan, stage, argv,
		arena_printf(plan->arena, _("makes the initial RAM disk of kernel %s anew"), kernel));

	c->timeout_s = 1200;
	return c;
}

void image_add_readback(const struct host *h, struct plan *plan, struct change *c, const char *lister,
			const char *const *argv, const char *script, const char *module)
{
	const char *const *needles = NULL;

	if (script)
		arena_strv_add(plan->arena, &needles, script);
	if (h->vfio.vfio_pci != MODULE_BUILTIN)
		arena_strv_add(plan->arena, &needles, module);
	/* Looking into a unified kernel image (lsinitrd and lsinitcpio do) takes objcopy. */
	if (str_ends_with(argv[1], ".efi") && !fsroot_exists(h->root, "/usr/bin/objcopy"))
		return;
	if (needles && fsroot_exists(h->root, lister))
		change_add_readback(plan, c, argv, needles);
}

/* "initrd=\\booster-linux.img", "initrd=/boot/initramfs-linux.img": one more can be microcode. */
static int image_of_cmdline(struct host *h)
{
	_cleanup_kargs_ struct kargs line = { 0 };
	const char *name = NULL;

	kargs_parse(h->kernel.cmdline ? h->kernel.cmdline : "", &line);
	for (char **a = line.args; a && *a; a++) {
		const char *slash = strrchr(*a, '/'), *back = strrchr(*a, '\\');

		if (!str_starts_with(*a, "initrd=") || str_ends_with(*a, "-ucode.img"))
			continue;
		name = *a + strlen("initrd=");
		name = slash ? slash + 1 : back ? back + 1 : name;
	}
	if (!name)
		return -1;
	return str_starts_with(name, "booster-");
}

int image_starts_with_booster(struct host *h)
{
	_cleanup_strv_ char **names = NULL;
	unsigned boosters = 0, others = 0;
	int r = image_of_cmdline(h);

	if (r >= 0)
		return r;
	if (fsroot_list(h->root, "/boot", &names) < 0)
		return -1;
	for (char **name = names; name && *name; name++)
		if (str_ends_with(*name, ".img")) {
			boosters += str_starts_with(*name, "booster-");
			others += str_starts_with(*name, "initramfs-");
		}
	if (!boosters == !others)
		return -1;
	return boosters > 0;
}

static int image_check_hash(struct host *h, const char *image, struct err *err)
{
	const char *why;

	if (!limine_checks_image(h, image))
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
		_("%s holds a checksum of %s: once that is made anew, Limine would no longer start it"),
		limine_config_find(h, &why), image);
	return err_hint(err, _("Take the # and what follows it off the image's name there, or choose --bind libvirt."));
}

/*
 * Tools write the new image beside the old one, or over it once it is whole elsewhere; so there has to be
 * room for one more, and a quarter on top, as the new one holds more.
 */
static int image_check_room(struct host *h, const char *image, struct err *err)
{
	_cleanup_free_ char *folder = xstrndup(image, (size_t)(strrchr(image, '/') - image));
	_cleanup_close_ int fd = -1;
	struct statvfs fs;
	struct stat st;
	uint64_t needed, room;

	if (fsroot_stat(h->root, image, &st) < 0)
		return 0;
	fd = fsroot_openat(h->root, *folder ? folder : "/", O_RDONLY | O_DIRECTORY);
	if (fd < 0 || fstatvfs(fd, &fs) < 0)
		return 0;
	needed = (uint64_t)st.st_size + (uint64_t)st.st_size / 4;
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (room >= needed)
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -ENOSPC,
		_("There is no room in %s for a new %s: %llu MiB are free and %llu MiB are needed"), folder,
		strrchr(image, '/') + 1, (unsigned long long)(room >> 20),
		(unsigned long long)((needed >> 20) + 1));
	return err_hint(err, _("Remove a kernel that is no longer needed with the package manager, and start again."));
}

int image_check_outputs(struct host *h, const struct stage *stage, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; i < stage->n_changes; i++)
		for (const char *const *o = stage->changes[i]->outputs; r == 0 && o && *o; o++) {
			r = image_check_hash(h, *o, err);
			if (r == 0 && fsroot_is_live(h->root))
				r = image_check_room(h, *o, err);
		}
	return r;
}

/* Fedora's "0-rescue-MACHINE": a kernel with everything, never updated.  It is the way back there. */
static bool image_is_rescue(const char *kernel)
{
	return strstr(kernel, "rescue") != NULL;
}

static void image_tell_kept(struct plan *plan, const char *kept, bool by_address)
{
	if (kept)
		boot_add_finding(plan, "initramfs-way-back", SEVERITY_INFO, kept,
				 _("The initial RAM disk of kernel %s stays as it is: choosing that "
				   "kernel in the boot menu is a way back."),
				 kept);
	else if (by_address)
		boot_add_finding(plan, "initramfs-way-back", SEVERITY_INFO, "host",
				 _("The initial RAM disks of all kernels are made anew. For one start "
				   "without handing over, add vfio-wizard=off to the kernel command "
				   "line in the boot menu."));
}

/*
 * Whichever kernel the boot menu is set to start, the devices are to be handed over: all of them get a
 * new image.  But one is left, so that a computer that does not come up any more still has a start
 * that nothing of ours is in: the rescue kernel, else the oldest, unless that one runs now or is the
 * newest.  Whoever picks it gets devices that are not handed over, which harms nobody.
 */
const char *const *image_kernels(struct host *h, struct plan *plan, const char *const *kernels,
				 bool by_address)
{
	const char *const *chosen = NULL, *running = h->identity.kernel;
	const char *newest = NULL, *oldest = NULL, *rescue = NULL, *kept;
	_cleanup_strv_ char **sorted = NULL;

	for (const char *const *k = kernels; k && *k; k++) {
		if (image_is_rescue(*k)) {
			rescue = *k;
			continue;
		}
		if (!newest || strverscmp(*k, newest) > 0)
			newest = *k;
		if (!oldest || strverscmp(*k, oldest) < 0)
			oldest = *k;
		strv_add(&sorted, *k);
	}
	if (running && (!newest || strv_contains(kernels, running)))
		arena_strv_add(plan->arena, &chosen, running);
	kept = rescue;
	if (!kept && !str_eq(oldest, newest) && !str_eq(oldest, running))
		kept = oldest;
	/* Ascending, by always taking the least of the rest. */
	for (size_t n = strv_length(strv_const(sorted)); n > 0; n--) {
		char **least = sorted;

		for (char **k = sorted; *k; k++)
			if (!**least || (**k && strverscmp(*k, *least) < 0))
				least = k;
		if (!str_eq(*least, kept) && !strv_contains(chosen, *least))
			arena_strv_add(plan->arena, &chosen, *least);
		**least = '\0';
	}
	if (chosen)
		image_tell_kept(plan, kept, by_address);
	return chosen;
}

const char *const *image_module_kernels(struct host *h)
{
	_cleanup_strv_ char **names = NULL;
	const char *const *kernels = NULL;

	if (fsroot_list(h->root, "/lib/modules", &names) < 0)
		return NULL;
	for (char **name = names; name && *name; name++)
		if (fsroot_exists(h->root,
				  arena_printf(h->arena, "/lib/modules/%s/modules.dep", *name)))
			arena_strv_add(h->arena, &kernels, *name);
	return kernels;
}

/* vfio_virqfd went into vfio itself with Linux 6.2; its own file was vfio_virqfd.ko until then. */
static const char image_vanished[] = "vfio_virqfd";

/* Does one of the kernels still have it? */
static bool image_has_vanished_module(struct host *h)
{
	const char *const *kernels = image_module_kernels(h);

	for (; kernels && *kernels; kernels++) {
		_cleanup_free_ char *text = NULL;
		size_t len;

		if (fsroot_read(h->root,
				arena_printf(h->arena, "/lib/modules/%s/modules.dep", *kernels), &text,
				&len) >= 0 &&
		    strstr(text, "vfio_virqfd.ko"))
			return true;
	}
	return false;
}

/* The name as a word of its own, with - or _, before a comment. */
static bool image_line_names(const char *line, size_t len)
{
	size_t size = strlen(image_vanished);

	for (size_t i = 0; i + size <= len && line[i] != '#'; i++) {
		size_t k = 0;

		while (k < size && (line[i + k] == image_vanished[k] ||
				    (image_vanished[k] == '_' && line[i + k] == '-')))
			k++;
		if (k == size && (!i || !(isalnum((unsigned char)line[i - 1]) || line[i - 1] == '_')) &&
		    (i + k == len || !(isalnum((unsigned char)line[i + k]) || line[i + k] == '_')))
			return true;
	}
	return false;
}

static void image_look_in_file(struct host *h, struct plan *plan, const char *path,
			       const char *const **places)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	unsigned number = 0;

	if (fsroot_read(h->root, path, &text, &len) < 0)
		return;
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");

		number++;
		if (image_line_names(line, n))
			arena_strv_add(plan->arena, places,
				       arena_printf(plan->arena, "%s:%u: %.*s", path, number, (int)n,
						    line));
		line += n + (line[n] == '\n');
	}
}

static const char *const *image_find_vanished(struct host *h, struct plan *plan,
					      const char *const *paths)
{
	const char *const *places = NULL;

	for (; *paths; paths++) {
		_cleanup_strv_ char **names = NULL;

		if (!str_ends_with(*paths, "/")) {
			image_look_in_file(h, plan, *paths, &places);
			continue;
		}
		if (fsroot_list(h->root, *paths, &names) < 0)
			continue;
		for (char **name = names; name && *name; name++)
			if (str_ends_with(*name, ".conf"))
				image_look_in_file(h, plan,
						   arena_printf(h->arena, "%s%s", *paths, *name),
						   &places);
	}
	return places && !image_has_vanished_module(h) ? places : NULL;
}

const char *image_warn_vanished(struct host *h, struct plan *plan, const char *const *paths)
{
	const char *const *places = image_find_vanished(h, plan, paths);
	struct finding *f;

	if (!places)
		return NULL;
	f = boot_add_finding(plan, "vanished-module", SEVERITY_WARN, image_vanished,
			     _("The settings of the initial RAM disk name the module %s, which kernels "
			       "since 6.2 no longer have: it became a part of vfio."),
			     image_vanished);
	for (const char *const *place = places; *place; place++)
		boot_add_evidence(plan, f, *place);
	boot_add_advice(plan, f, _("Remove that word; nothing is needed in its place."));
	return arena_strndup(plan->arena, *places, (size_t)(strchr(strchr(*places, ':') + 1, ':') - *places));
}

int image_refuse_vanished(struct host *h, struct plan *plan, const char *const *paths, struct err *err)
{
	const char *place = image_warn_vanished(h, plan, paths);

	if (!place)
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
		_("%s names the module %s, which this host's kernels do not have: no initial RAM disk could be "
		  "made with that"),
		place, image_vanished);
	return err_hint(err, _("Remove that word there, or let it be removed: --take-over vfio-virqfd"));
}
