/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bootloader.h"

#include "base/json.h"
#include "base/strv.h"
#include "boot/boot-text.h"
#include "boot/json-span.h"
#include "boot/kernelstub.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/*
 * Pop!_OS: kernelstub keeps the arguments in /etc/kernelstub/configuration
 *
 *	{ "default": { "kernel_options": ["quiet", "splash"], …, "config_rev": 3 },
 *	  "user":    { "kernel_options": ["quiet", "loglevel=0", "splash"], "esp_path": "/boot/efi",
 *	               "setup_loader": true, …, "config_rev": 3 } }
 *
 * and writes them into <ESP>/loader/entries/Pop_OS-current.conf.  Its own -a cannot replace a value,
 * -d shuffles all of them and -c changes the file although it says it will not; so the list is
 * edited here and kernelstub is run without options.  It exits 0 also when it did nothing, hence
 * the read-back.
 */
#define KERNELSTUB_NEWEST 3

void kernelstub_done(struct kernelstub_config *c)
{
	json_decref(c->root);
}

bool kernelstub_is_on(const struct kernelstub_config *c, const char *key, bool fallback)
{
	const json_t *value = json_object_get(c->section, key);

	if (!json_is_boolean(value))
		value = json_object_get(c->root, key);
	return json_is_boolean(value) ? json_is_true(value) : fallback;
}

static unsigned kernelstub_line(const struct kernelstub_config *c, const char *key)
{
	struct json_span span;
	unsigned line = 1;

	if (json_span_find(c->text, c->section_name, key, &span) < 0 &&
	    json_span_find(c->text, NULL, key, &span) < 0 &&
	    json_span_find(c->text, NULL, c->section_name, &span) < 0)
		return 1;
	for (size_t i = 0; i < span.start; i++)
		line += c->text[i] == '\n';
	return line;
}

static int kernelstub_check(const struct kernelstub_config *c, struct err *err)
{
	const json_t *rev = json_object_get(c->section, "config_rev"), *item;
	size_t i;

	if (!rev)
		rev = json_object_get(c->root, "config_rev");
	if (rev && (!json_is_integer(rev) || json_integer_value(rev) > KERNELSTUB_NEWEST))
		return err_input(err, KERNELSTUB_FILE, kernelstub_line(c, "config_rev"),
				 _("config_rev is newer than %d, the newest revision known"),
				 KERNELSTUB_NEWEST);
	if (!c->options)
		return err_input(err, KERNELSTUB_FILE, kernelstub_line(c, "kernel_options"),
				 _("\"%s\" has no kernel_options"), c->section_name);
	if (json_is_string(c->options))
		return 0;
	if (!json_is_array(c->options))
		return err_input(err, KERNELSTUB_FILE, kernelstub_line(c, "kernel_options"),
				 _("kernel_options is neither a list nor a text"));
	json_array_foreach(c->options, i, item) if (!json_is_string(item)) return err_input(
		err, KERNELSTUB_FILE, kernelstub_line(c, "kernel_options"),
		_("kernel_options holds something that is no text"));
	return 0;
}

int kernelstub_load(const struct host *h, const struct plan *plan, struct kernelstub_config *ret, struct err *err)
{
	struct kernelstub_config c = { .section_name = "user" };
	int r = boot_text_read(h, plan, h->arena, KERNELSTUB_FILE, &c.text, &c.len, err);

	if (r == -ENOENT)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("There is no %s"), KERNELSTUB_FILE);
	if (r >= 0)
		r = json_parse(c.text, c.len, KERNELSTUB_FILE, &c.root, err);
	if (r < 0)
		return r;
	if (!json_is_object(c.root))
		r = err_input(err, KERNELSTUB_FILE, 1, _("this is not a JSON object"));
	c.section = json_object_get(c.root, "user");
	if (!c.section) {
		c.section = json_object_get(c.root, "default");
		c.section_name = "default";
	}
	if (r >= 0 && !json_is_object(c.section))
		r = err_input(err, KERNELSTUB_FILE, 1,
			      _("there is neither a \"user\" nor a \"default\" section"));
	c.options = json_object_get(c.section, "kernel_options");
	if (r >= 0)
		r = kernelstub_check(&c, err);
	if (r < 0)
		kernelstub_done(&c);
	else
		*ret = c;
	return r;
}

static void kernelstub_options(const struct kernelstub_config *c, struct kargs *ret)
{
	const json_t *item;
	size_t i;

	ret->args = NULL;
	if (json_is_string(c->options))
		kargs_parse(json_string_value(c->options), ret);
	else
		json_array_foreach(c->options, i, item)
			strv_add(&ret->args, json_string_value(item));
}

const char *kernelstub_esp(const struct kernelstub_config *c)
{
	const char *esp = json_string_value(json_object_get(c->section, "esp_path"));

	if (!esp)
		esp = json_string_value(json_object_get(c->root, "esp_path"));
	return esp && *esp == '/' ? esp : "/boot/efi";
}

static int kernelstub_detect(struct host *h, const char **ret_why)
{
	const char *loader = h->firmware.loader_info, *initrd = host_cmdline_value(h, "initrd");

	if (!fsroot_exists(h->root, KERNELSTUB_FILE)) {
		*ret_why = arena_printf(h->arena, _("there is no %s"), KERNELSTUB_FILE);
		return 0;
	}
	if (h->boot.boot_image) {
		*ret_why = _(
			"the kernel command line has BOOT_IMAGE=, which systemd-boot does not set");
		return 0;
	}
	if (loader && str_starts_with(loader, "systemd-boot")) {
		*ret_why = arena_printf(h->arena, _("%s started this computer and %s exists"),
					loader, KERNELSTUB_FILE);
		return 100;
	}
	/* initrd=\EFI\Pop_OS-02acbbe0-…\initrd.img */
	if (initrd && strncasecmp(initrd, "\\EFI\\", 5) == 0) {
		*ret_why = arena_printf(h->arena,
					_("the kernel command line has initrd=%s and %s exists"),
					initrd, KERNELSTUB_FILE);
		return 100;
	}
	*ret_why = arena_printf(
		h->arena, _("%s exists, but nothing shows that systemd-boot started this computer"),
		KERNELSTUB_FILE);
	return 40;
}

static const char *const *kernelstub_files(struct host *h)
{
	const char *const *files = NULL;

	if (fsroot_exists(h->root, KERNELSTUB_FILE))
		arena_strv_add(h->arena, &files, KERNELSTUB_FILE);
	return files;
}

static int kernelstub_configured(struct host *h, struct kargs *ret, struct err *err)
{
	_cleanup_kernelstub_ struct kernelstub_config c = { 0 };
	int r = kernelstub_load(h, NULL, &c, err);

	if (r < 0)
		return r;
	kernelstub_options(&c, ret);
	return 0;
}

static void kernelstub_add_text(struct str *out, const char *text)
{
	_cleanup_json_ json_t *j = json_text(text);
	/* Python's json.dump, which kernelstub uses, writes ASCII only. */
	_cleanup_free_ char *quoted = json_dumps(j, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);

	if (!quoted)
		oom_abort();
	str_add(out, quoted);
}

/* The options as text to stand at SPAN, laid out as the old ones were. */
static void kernelstub_format(const struct kernelstub_config *c, const struct kargs *k,
			      const struct json_span *span, struct str *out)
{
	const char *old = c->text + span->start;
	size_t len = span->end - span->start, line = span->start, indent = 0;
	bool one_line = len > 2 && !memchr(old, '\n', len);
	const char *eol = memmem(c->text, c->len, "\r\n", 2) ? "\r\n" : "\n";

	if (json_is_string(c->options)) {
		_cleanup_free_ char *joined = kargs_format(k);

		kernelstub_add_text(out, joined);
		return;
	}
	while (line > 0 && c->text[line - 1] != '\n')
		line--;
	while (c->text[line + indent] == ' ' || c->text[line + indent] == '\t')
		indent++;
	if (!k->args || !*k->args) {
		str_add(out, "[]");
		return;
	}
	str_addc(out, '[');
	for (char **a = k->args; *a; a++) {
		if (a != k->args)
			str_add(out, one_line ? ", " : ",");
		if (!one_line) {
			str_add(out, eol);
			str_addn(out, c->text + line, indent);
			/* One level deeper, by what two levels of the file's own are. */
			for (size_t i = 0; i < (indent > 1 ? indent / 2 : 2); i++)
				str_addc(out, indent ? c->text[line] : ' ');
		}
		kernelstub_add_text(out, *a);
	}
	if (!one_line) {
		str_add(out, eol);
		str_addn(out, c->text + line, indent);
	}
	str_addc(out, ']');
}

/* The file's text with K as its options. */
static int kernelstub_rewrite(const struct kernelstub_config *c, const struct kargs *k,
			      struct str *out, struct err *err)
{
	struct json_span options, section;
	_cleanup_str_ struct str list = { 0 };

	if (json_span_find(c->text, c->section_name, "kernel_options", &options) < 0 ||
	    json_span_find(c->text, NULL, c->section_name, &section) < 0)
		return err_input(err, KERNELSTUB_FILE, 1, _("kernel_options cannot be found"));
	kernelstub_format(c, k, &options, &list);
	if (strcmp(c->section_name, "user") == 0) {
		str_addn(out, c->text, options.start);
		str_addn(out, str_c(&list), list.len);
		str_addn(out, c->text + options.end, c->len - options.end);
		return 0;
	}
	/* kernelstub takes "default" for a missing "user": write the one that counts. */
	str_addn(out, c->text, section.end);
	str_add(out, ",\n  \"user\": ");
	str_addn(out, c->text + section.start, options.start - section.start);
	str_addn(out, str_c(&list), list.len);
	str_addn(out, c->text + options.end, section.end - options.end);
	str_addn(out, c->text + section.end, c->len - section.end);
	return 0;
}

const char *kernelstub_entry(const struct host *h, const struct kernelstub_config *c, struct plan *plan)
{
	const char *folder = arena_printf(plan->arena, "%s/loader/entries", kernelstub_esp(c));
	_cleanup_strv_ char **names = NULL;

	if (fsroot_list(h->root, folder, &names) < 0)
		return NULL;
	for (char **n = names; n && *n; n++)
		if (str_ends_with(*n, "-current.conf"))
			return arena_printf(plan->arena, "%s/%s", folder, *n);
	return NULL;
}

/* kernelstub and the entries it writes. */
struct change *kernelstub_command(const struct host *h, const struct kernelstub_config *c, struct plan *plan,
				  struct stage *stage)
{
	static const char *const argv[] = { "kernelstub", NULL };
	const char *folder = arena_printf(plan->arena, "%s/loader/entries", kernelstub_esp(c));
	_cleanup_strv_ char **names = NULL;
	struct change *run;

	/* Once is enough, after all that it reads. */
	for (unsigned i = 0; i < stage->n_changes; i++) {
		run = stage->changes[i];
		if (run->kind != CHANGE_RUN || strcmp(run->argv[0], argv[0]) != 0)
			continue;
		for (; i + 1 < stage->n_changes; i++)
			stage->changes[i] = stage->changes[i + 1];
		stage->changes[i] = run;
		return run;
	}
	if (fsroot_list(h->root, folder, &names) < 0)
		names = NULL;
	run = stage_add_run(plan, stage, argv, arena_printf(plan->arena, _("writes the boot entries in %s anew"), folder));
	run->timeout_s = 300;
	for (char **n = names; n && *n; n++)
		if (str_ends_with(*n, "-current.conf") || str_ends_with(*n, "-oldkern.conf"))
			arena_strv_add(plan->arena, &run->outputs, arena_printf(plan->arena, "%s/%s", folder, *n));
	if (!kernelstub_entry(h, c, plan))
		arena_strv_add(plan->arena, &run->outputs, arena_printf(plan->arena, "%s/Pop_OS-current.conf", folder));
	return run;
}

/* The options line must have SET afterwards. */
static void kernelstub_add_command(const struct host *h, const struct kernelstub_config *c, const struct kargs *k,
				   const char *const *set, struct plan *plan, struct stage *stage)
{
	struct change *run = kernelstub_command(h, c, plan, stage);
	const char *current = kernelstub_entry(h, c, plan);

	/* "options root=UUID=… ro quiet loglevel=0 systemd.show_status=false splash amd_iommu=…" */
	for (const char *const *a = set; a && *a; a++)
		if (strv_contains(strv_const(k->args), *a))
			arena_strv_add(plan->arena, &run->readback_needles, arena_printf(plan->arena, " %s", *a));
	if (run->readback_needles)
		run->readback_path = current ? current
					     : arena_printf(plan->arena, "%s/loader/entries/Pop_OS-current.conf",
							    kernelstub_esp(c));
}

static int kernelstub_check_mode(const struct kernelstub_config *c, const char *const *set,
				 struct err *err)
{
	_cleanup_free_ char *args = strv_join(set, " ");

	if (kernelstub_is_on(c, "live_mode", false))
		return err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
			       _("%s says that this is a live system (live_mode), where kernelstub "
				 "does nothing"),
			       KERNELSTUB_FILE);
	if (kernelstub_is_on(c, "setup_loader", true))
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
		_("kernelstub keeps the arguments in the firmware's boot entry here (setup_loader "
		  "is off in "
		  "%s), which cannot be taken back as a file can"),
		KERNELSTUB_FILE);
	return err_hint(err, _("Run by hand: sudo kernelstub -a \"%s\""), args);
}

static int kernelstub_stage_kargs(struct host *h, const char *const *set, const char *const *remove,
				  struct plan *plan, struct stage *stage, struct err *err)
{
	_cleanup_kernelstub_ struct kernelstub_config c = { 0 };
	_cleanup_kargs_ struct kargs k = { 0 };
	_cleanup_str_ struct str out = { 0 };
	bool changed = false;
	int r;

	for (const char *const *a = set; a && *a; a++)
		if (karg_problem(*a))
			return err_set(err, ERR_NOT_POSSIBLE, -EINVAL, "%s: %s", *a,
				       karg_problem(*a));
	r = kernelstub_load(h, plan, &c, err);
	if (r < 0)
		return r;
	kernelstub_options(&c, &k);
	for (const char *const *a = remove; a && *a; a++)
		changed |= kargs_remove(&k, *a);
	for (const char *const *a = set; a && *a; a++)
		changed |= kargs_set(&k, *a);
	if (!changed)
		return 0;
	r = kernelstub_check_mode(&c, set, err);
	if (r >= 0)
		r = kernelstub_rewrite(&c, &k, &out, err);
	if (r < 0)
		return r;
	stage_add_file(plan, stage, KERNELSTUB_FILE, c.text, c.len, str_c(&out), out.len, 0644,
		       NULL);
	kernelstub_add_command(h, &c, &k, set, plan, stage);
	boot_add_finding(
		plan, "kernelstub-old-kernel-same-arguments", SEVERITY_INFO, KERNELSTUB_FILE,
		_("kernelstub writes the same arguments into the entry of the old kernel, so that "
		  "entry is no way back from a bad argument. The way back: hold the space bar at "
		  "the "
		  "start, press e in the menu and change the line."));
	return 0;
}

static const char *kernelstub_rescue(struct host *h _unused_)
{
	return _("Hold Space while the computer starts until the menu shows, press e on the entry, take the new arguments out "
		 "and press Enter: that counts for this one start. The entry of the old kernel has the same arguments.");
}

const struct bootloader bootloader_kernelstub = {
	.name = "kernelstub",
	.title = "kernelstub (systemd-boot)",
	.detect = kernelstub_detect,
	.files = kernelstub_files,
	.configured = kernelstub_configured,
	.stage_kargs = kernelstub_stage_kargs,
	.rescue = kernelstub_rescue,
	.stage_kernel = kernelstub_stage_kernel,
};
