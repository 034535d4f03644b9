/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks and the cloud-init seed of a machine, as changes of a plan. */
#include "session/session-media.h"

#include "base/spawn.h"
#include "base/str.h"
#include "boot/boot-text.h"

#include <errno.h>
#include <string.h>

#define MEDIA_COPY_TIMEOUT_S (6 * 60 * 60) /* a large image on a slow disk */
#define MEDIA_SEED_MODE 0600		   /* it can hold a password's hash */
#define MEDIA_FAT_BYTES "1474560"	   /* a seed on FAT: a floppy's size, far more than it needs */

static const char *media_folder(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash > path ? arena_strndup(a, path, (size_t)(slash - path)) : "/";
}

/* "nocow=on,preallocation=falloc"; NULL: none. */
static const char *media_options(struct arena *a, const struct machine_disk *d)
{
	if (d->nocow && d->preallocation)
		return arena_printf(a, "nocow=on,preallocation=%s", d->preallocation);
	return d->nocow ? "nocow=on" : d->preallocation ? arena_printf(a, "preallocation=%s", d->preallocation) : NULL;
}

static struct change *media_run(struct plan *plan, struct stage *stage, const char *const *argv, const char *why)
{
	struct change *c = stage_add_run(plan, stage, argv, why);

	c->timeout_s = MEDIA_COPY_TIMEOUT_S;
	return c;
}

static const char *const *media_keep_argv(struct arena *a, const char *const *argv)
{
	const char *const *kept = NULL;

	for (; *argv; argv++)
		arena_strv_add(a, &kept, *argv);
	return kept;
}

/* qemu-img itself says what it made. */
static void media_read_back(struct plan *plan, struct change *c, const struct machine_disk *d)
{
	const char *argv[] = { "qemu-img", "info", "--output=json", "-f", d->format, d->path, NULL };
	const char *needles[] = { arena_printf(plan->arena, "\"virtual-size\": %lld", d->bytes), NULL };

	change_add_readback(plan, c, argv, needles);
}

static void media_add_copy(struct plan *plan, struct stage *stage, const struct machine_disk *d)
{
	const char *made = arena_printf(plan->arena, "%s.new", d->path);
	const char *size = arena_printf(plan->arena, "%lld", d->bytes), *options = media_options(plan->arena, d);
	const char *convert[] = { "qemu-img", "convert", "-p", "-f", d->base_format, "-O", d->format,
				  d->base, made, NULL, NULL, NULL };
	const char *resize[] = { "qemu-img", "resize", "-f", d->format, made, size, NULL };
	const char *move[] = { "mv", "-n", "--", made, d->path, NULL };

	if (options) {
		convert[7] = "-o";
		convert[8] = options;
		convert[9] = d->base;
		convert[10] = made;
	}
	/* What was cut short goes; the finished disk has another name then. */
	media_run(plan, stage, convert, _("copies the image the disk is made from; the image stays as it is"))->undo_argv =
		media_keep_argv(plan->arena, (const char *[]){ "rm", "-f", "--", made, NULL });
	media_run(plan, stage, resize, _("gives the disk its size; the system in it grows into that at its first start"));
	media_read_back(plan, media_run(plan, stage, move, _("puts the disk in its place; undo leaves it there")), d);
}

static void media_add_create(struct plan *plan, struct stage *stage, const struct machine_disk *d)
{
	const char *options = media_options(plan->arena, d), *argv[16] = { "qemu-img", "create", "-f", d->format };
	unsigned n = 4;

	if (options) {
		argv[n++] = "-o";
		argv[n++] = options;
	}
	if (d->base) {
		argv[n++] = "-b";
		argv[n++] = d->base;
		argv[n++] = "-F";
		argv[n++] = d->base_format;
	}
	argv[n++] = d->path;
	argv[n] = arena_printf(plan->arena, "%lld", d->bytes);
	media_read_back(plan,
			media_run(plan, stage, argv,
				  d->base ? _("makes the disk of the machine on top of the image; undo leaves it there")
					  : _("makes the empty disk of the machine; undo leaves it there")),
			d);
}

/* Without this a download that was cut off is copied with zeros for what is missing, and nobody says anything. */
static void media_add_check(struct plan *plan, struct stage *stage, const struct machine_disk *d)
{
	const char *check[] = { "qemu-img", "check", "-q", "-f", "qcow2", d->base, NULL };

	if (d->base && str_eq(d->base_format, "qcow2"))
		media_run(plan, stage, check, _("looks whether the image the disk is made from is whole"));
}

static void media_add_disk(struct session *s, struct plan *plan, struct stage *stage, const struct machine_disk *d,
			   bool anything_else)
{
	const char *folder = media_folder(plan->arena, d->path);
	const char *mkdir[] = { "mkdir", "-p", "--", folder, NULL };

	if (d->bytes <= 0 || fsroot_exists(s->root, d->path))
		return;
	/* Below another root the command was listed with the files; it is not listed for ever. */
	if (!fsroot_is_live(s->root) && !anything_else)
		return;
	if (d->folder_missing)
		stage_add_run(plan, stage, mkdir, _("makes the folder of the disk"));
	media_add_check(plan, stage, d);
	if (d->base && !d->overlay)
		media_add_copy(plan, stage, d);
	else
		media_add_create(plan, stage, d);
}

/* One text of the seed; what is there already and differs is edited. */
static int media_add_text(struct session *s, struct plan *plan, struct stage *stage, const struct machine_seed *seed,
			  const char *name, const char *text, struct err *err)
{
	const char *path = arena_printf(plan->arena, "%s/%s", seed->folder, name);
	_cleanup_free_ char *old = NULL;
	size_t old_len = 0;
	int r = fsroot_read(s->root, path, &old, &old_len);

	if (r < 0 && r != -ENOENT && r != -ENOTDIR && r != -EACCES)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("Cannot read %s: %s"), path, strerror(-r));
	if (text)
		stage_add_file(plan, stage, path, old, old_len, text, strlen(text), MEDIA_SEED_MODE,
			       _("what the image reads at its first start"));
	return 0;
}

static const char *media_iso_tool(const struct session *s)
{
	static const char *const tools[] = { "xorriso", "genisoimage", "mkisofs" };

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		if (spawn_is_installed(tools[i]))
			return tools[i];
	if (fsroot_is_live(s->root) && spawn_is_installed("mkfs.vfat") && spawn_is_installed("mcopy"))
		return NULL;
	return fsroot_is_live(s->root) ? "" : tools[0];
}

static void media_run_seed(struct plan *plan, struct stage *stage, const struct machine_seed *seed,
			   const char *const *argv, const char *why)
{
	struct change *c = stage_add_run(plan, stage, argv, why);

	/* Kept in the journal: undo puts back the seed that was there, or takes this one away. */
	arena_strv_add(plan->arena, &c->outputs, seed->path);
}

static void media_add_iso(struct plan *plan, struct stage *stage, const struct machine_seed *seed, const char *tool,
			  const char *const *files)
{
	const char *argv[16];
	unsigned n = 0;

	argv[n++] = tool;
	if (strcmp(tool, "xorriso") == 0) {
		argv[n++] = "-as";
		argv[n++] = "mkisofs";
	}
	argv[n++] = "-quiet";
	argv[n++] = "-volid";
	argv[n++] = "cidata";
	argv[n++] = "-joliet";
	argv[n++] = "-rational-rock";
	argv[n++] = "-o";
	argv[n++] = seed->path;
	for (unsigned i = 0; files[i]; i++)
		argv[n++] = files[i];
	argv[n] = NULL;
	media_run_seed(plan, stage, seed, argv, _("puts the cloud-init seed on a disc"));
}

/* cloud-init takes FAT as well, with the same label. */
static void media_add_fat(struct plan *plan, struct stage *stage, const struct machine_seed *seed,
			  const char *const *files)
{
	const char *grow[] = { "truncate", "-s", MEDIA_FAT_BYTES, "--", seed->path, NULL };
	const char *format[] = { "mkfs.vfat", "-n", "CIDATA", seed->path, NULL };
	const char *copy[] = { "mcopy", "-n", "-i", seed->path, files[0], files[1], files[2], NULL, NULL };
	unsigned n = files[2] ? 7 : 6;

	copy[n] = "::";
	copy[n + 1] = NULL;
	media_run_seed(plan, stage, seed, grow, NULL);
	media_run_seed(plan, stage, seed, format, NULL);
	media_run_seed(plan, stage, seed, copy, _("puts the cloud-init seed on a disc"));
}

static int media_make_seed(struct session *s, struct plan *plan, struct stage *stage, const struct machine_seed *seed,
			   struct err *err)
{
	const char *tool = media_iso_tool(s), *folder = media_folder(plan->arena, seed->path);
	const char *mkdir[] = { "mkdir", "-p", "--", folder, NULL };
	const char *empty[] = { "install", "-m", "0600", "--", "/dev/null", seed->path, NULL };
	const char *files[] = { arena_printf(plan->arena, "%s/user-data", seed->folder),
				arena_printf(plan->arena, "%s/meta-data", seed->folder),
				seed->network_config ? arena_printf(plan->arena, "%s/network-config", seed->folder) : NULL,
				NULL };

	if (tool && !*tool) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			_("The cloud-init seed cannot be made: none of xorriso, genisoimage, mkisofs is installed."));
		return err_hint(err, _("Install one: xorriso (Debian, Ubuntu, Fedora, openSUSE), libisoburn (Arch), or mtools and "
				       "dosfstools."));
	}
	if (!fsroot_exists(s->root, folder))
		stage_add_run(plan, stage, mkdir, _("makes the folder of the cloud-init seed"));
	/* Nobody else can read it from its first byte on. */
	media_run_seed(plan, stage, seed, empty, NULL);
	if (tool)
		media_add_iso(plan, stage, seed, tool, files);
	else
		media_add_fat(plan, stage, seed, files);
	return 0;
}

static int media_add_seed(struct session *s, struct plan *plan, struct stage *stage, const struct machine_seed *seed,
			  struct err *err)
{
	unsigned before = stage->n_changes;
	int r = media_add_text(s, plan, stage, seed, "user-data", seed->user_data, err);

	if (r == 0)
		r = media_add_text(s, plan, stage, seed, "meta-data", seed->meta_data, err);
	if (r == 0)
		r = media_add_text(s, plan, stage, seed, "network-config", seed->network_config, err);
	if (r < 0)
		return r;
	/* The disc is as old as its texts. */
	if (stage->n_changes == before && (fsroot_exists(s->root, seed->path) || !fsroot_is_live(s->root)))
		return 0;
	return media_make_seed(s, plan, stage, seed, err);
}

int session_add_media(struct session *s, struct plan *plan, struct stage *stage, const struct machine *m,
		      struct err *err)
{
	bool anything_else = stage->n_changes > 0;

	for (unsigned i = 0; i < m->n_disks; i++)
		media_add_disk(s, plan, stage, &m->disks[i], anything_else);
	return m->seed ? media_add_seed(s, plan, stage, m->seed, err) : 0;
}
