/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "base/json.h"
#include "model/answers.h"
#include "model/finding.h"
#include "model/machine.h"
#include "output/render.h"

/*
 * The machine from the chosen DEVICES (as planner_choose_devices() gives them) and the answers, with
 * defaults that work on this host.  ERR_NOT_POSSIBLE / ERR_USAGE with the key that is wrong.
 */
int machine_build(const struct judgement *j, const struct answers *a,
		  struct pci_device *const *devices, unsigned n, struct machine **ret, struct err *err)
	_must_check_;
void machine_free(struct machine *m);
static inline void machine_freep(struct machine **m)
{
	machine_free(*m);
}
/* What the templates see, as documented in HACKING.md; also the context of --template. */
json_t *machine_context(const struct machine *m) _returns_nonnull_;

/* A format = one file machine-<format>.c and one row in machine-format.def. */
struct machine_format {
	const char *name;	  /* "libvirt", "qemu" */
	const char *template_name; /* "domain.xml.mustache" */
	const char *file_suffix;  /* ".xml" */
	mode_t mode;		  /* of the written file */
	/*
	 * What came out is checked before it is offered: XML parsed, and validated where this machine's libvirt
	 * is the one that M is written for; sh -n.
	 */
	int (*check)(const struct machine *m, const char *text, size_t len, struct err *err);
	/* Not a machine but what libvirt runs on the host for it; nothing for one without hooks. */
	bool is_hook;
};
#define MACHINE_FORMAT(id) extern const struct machine_format machine_format_##id;
#include "output/machine-format.def"
#undef MACHINE_FORMAT
extern const struct machine_format *const machine_format_table[]; /* ends with NULL */
/* .check of shell scripts: read by sh -n. */
int machine_check_script(const struct machine *m, const char *text, size_t len, struct err *err) _must_check_;
/* NULL NAME is the default; NULL when there is no such format. */
const struct machine_format *machine_format_find(const char *name);
/*
 * Renders M.  The template: TEMPLATE_FILE (as output_find_template() takes it) when given, else
 * /etc/vfio-wizard/templates/NAME, else the shipped one.  *RET is free()d by the caller.
 */
int machine_write(const struct machine *m, const struct machine_format *f, const char *template_file,
		  char **ret, size_t *ret_len, struct err *err) _must_check_;
/*
 * Renders the template FILE, called NAME in messages; a partial is NAME.mustache beside it.
 * ERR_INPUT when it cannot be read.
 */
int output_render_file(const char *file, const char *name, const json_t *context,
		       enum render_escape escape, char **ret, size_t *ret_len, struct err *err)
	_must_check_;
/* Finds a shipped data file (templates, demo host): $VFIO_WIZARD_DATADIR, the build tree, PKGDATADIR. */
int output_find_data(const char *name, char **ret, struct err *err) _must_check_;
/* Finds and reads one.  0 or -errno; *RET_PATH (may stay NULL) is where it is, free() both. */
int output_load_data(const char *name, char **ret_text, size_t *ret_len, char **ret_path) _must_check_;
/* The person's own lines, /etc/vfio-wizard/NAME of the machine this runs on; 0 or -errno (-ENOENT: none). */
int output_load_own(const char *name, char **ret_text) _must_check_;

/* One template that can be used by its name. */
struct template_info {
	const char *name;	/* "domain.xml.mustache" */
	const char *path;	/* where it is */
	const char *format;	/* the machine format that is written from it by itself, NULL none */
	bool own;		/* in /etc/vfio-wizard/templates: made by people here */
	bool replaces;		/* own, and used instead of the shipped one */
};
/* Shipped and own ones, by name; in the arena.  A shipped one that is replaced is in it as well. */
int output_list_templates(struct arena *a, struct template_info **ret, unsigned *ret_n, struct err *err)
	_must_check_;
/*
 * The file of WORD: a path, or the name of an own or shipped template, with or without ".mustache".
 * free() *RET.
 */
int output_find_template(const char *word, char **ret, struct err *err) _must_check_;
