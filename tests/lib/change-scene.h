/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A root with a boot menu, and a stage that does everything a stage can do to it. */
#include "change/journal.h"
#include "change/txn.h"
#include "change/undo.h"
#include "tests/lib/tree.h"

#define SCENE_STATE "/var/lib/vfio-wizard"
#define SCENE_GRUB "/etc/default/grub"
#define SCENE_CFG "/boot/grub/grub.cfg"
#define SCENE_MADE "/etc/vfio/deep/vfio.conf"
#define SCENE_GONE "/boot/trial.conf"
#define SCENE_LINK "/boot/vmlinuz"

static const char scene_grub_before[] = "# menu\nGRUB_TIMEOUT=5\n\nGRUB_CMDLINE=\"quiet\"\n\nGRUB_X=1\n# end\n";
static const char scene_grub_after[] =
	"# menu\nGRUB_TIMEOUT=5\n\nGRUB_CMDLINE=\"quiet iommu=pt\"\n\nGRUB_X=1\n# end\n";
static const struct txn_options scene_here = { .run_commands = true };
static const struct txn_options scene_elsewhere = { .run_commands = false };

static inline void scene_init(struct tree *t)
{
	tree_init(t);
	tree_write(t, SCENE_GRUB, scene_grub_before, 0640);
	tree_write(t, SCENE_CFG, "linux quiet\n", 0600);
	tree_write(t, "/etc/real/modules", "loop\n", 0644);
	tree_link(t, "real/modules", "/etc/modules");
	tree_write(t, SCENE_GONE, "title trial\n", 0640);
	tree_write(t, "/boot/vmlinuz-1", "one\n", 0600);
	tree_link(t, "vmlinuz-1", SCENE_LINK);
	tree_write(t, "/proc/sys/kernel/random/boot_id", "11111111-1111-4111-8111-111111111111\n", 0444);
	tree_mkdir(t, "/var/lib", 0755);
}

static inline struct change *scene_add_shell(struct plan *p, struct stage *s, const struct tree *t,
					     const char *script)
{
	/* $0 is the root: commands know nothing of fsroot. */
	const char *argv[] = { "/bin/sh", "-c", script, t->dir, NULL };

	return stage_add_run(p, s, argv, "makes the boot menu anew");
}

static inline struct stage *scene_add_files(struct plan *p)
{
	static const char conf[] = "options vfio-pci ids=10de:2504\n";
	struct stage *s = plan_stage(p, "kernel", "kernel options iommu=pt", STAGE_END_REBOOT);

	stage_add_file(p, s, SCENE_GRUB, scene_grub_before, strlen(scene_grub_before),
		       scene_grub_after, strlen(scene_grub_after), 0644, NULL);
	stage_add_file(p, s, "/etc/modules", "loop\n", 5, "loop\nvfio\n", 10, 0644, NULL);
	stage_add_file(p, s, SCENE_MADE, NULL, 0, conf, strlen(conf), 0600, "binds the card");
	return s;
}

static inline struct change *scene_add_menu(struct plan *p, struct stage *s, const struct tree *t)
{
	struct change *c = scene_add_shell(p, s, t,
					   "sed -n 's/^GRUB_CMDLINE=/linux /p' $0/etc/default/grub "
					   "> $0/boot/grub/grub.cfg && chmod 0644 $0/boot/grub/grub.cfg && "
					   "echo image > $0/boot/new.img && echo made the menu");

	arena_strv_add(p->arena, &c->outputs, SCENE_CFG);
	arena_strv_add(p->arena, &c->outputs, "/boot/new.img");
	c->readback_path = SCENE_CFG;
	arena_strv_add(p->arena, &c->readback_needles, "iommu=pt");
	c->timeout_s = 60;
	return c;
}

/* Files, a command with outputs, a command with its own way back. */
static inline struct stage *scene_add_all(struct plan *p, const struct tree *t)
{
	struct stage *s = scene_add_files(p);
	const char *const back[] = { "/bin/sh", "-c", "rm -f $0/etc/marker", t->dir, NULL };
	struct change *c;

	stage_add_remove(p, s, SCENE_GONE, "title trial\n", 12, NULL);
	stage_add_link(p, s, SCENE_LINK, "vmlinuz-1", "vmlinuz-2", NULL);
	scene_add_menu(p, s, t);
	c = scene_add_shell(p, s, t, "echo on > $0/etc/marker && touch -d @1700000000 $0/etc/marker");
	for (const char *const *arg = back; *arg; arg++)
		arena_strv_add(p->arena, &c->undo_argv, *arg);
	c->timeout_s = 60;
	return s;
}

static inline int scene_apply(const struct tree *t, const struct txn_options *o, struct err *err)
{
	_cleanup_plan_ struct plan *p = plan_new();
	struct stage *s = scene_add_all(p, t);
	struct txn_result res = { 0 };

	return txn_apply(t->fs, SCENE_STATE, o, p, s, NULL, &res, err);
}

static inline unsigned scene_count_entries(const struct tree *t, enum journal_status *ret_status)
{
	struct journal_entry **entries;
	struct err err = { 0 };
	unsigned n;

	ck_assert_msg(journal_list(t->fs, SCENE_STATE, &entries, &n, &err) == 0, "%s", err.msg);
	if (n && ret_status)
		*ret_status = entries[n - 1]->status;
	journal_list_free(entries, n);
	return n;
}

static inline int scene_undo(const struct tree *t, const struct txn_options *o,
			     enum undo_conflict on_conflict, struct err *err)
{
	struct journal_entry **entries;
	struct txn_result res = { 0 };
	unsigned n;
	int r;

	ck_assert_int_eq(journal_list(t->fs, SCENE_STATE, &entries, &n, err), 0);
	ck_assert_uint_gt(n, 0);
	r = undo_apply(t->fs, SCENE_STATE, o, entries[n - 1], on_conflict, NULL, &res, err);
	journal_list_free(entries, n);
	return r;
}
